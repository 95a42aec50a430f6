"""Whole builds of real documents have the numbers that were counted from the files themselves."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.build import (
    Watch,
    build_database,
    build_warehouse,
    open_build,
    read_files,
    refuse_errors,
    run_checks,
    write_tables,
)
from pipeline.errors import CheckError, InputError
from pipeline.schema.tables import TABLES
from pipeline.settings import PROJECT_FOLDER, Options
from pipeline.sources import Source
from pipeline.sources.folder import Folder
from pipeline.sources.interface import Found
from pipeline.tables import made_from
from pipeline.warehouse.checks import CheckResult, all_checks
from pipeline.warehouse.database import read_only
from pipeline.warehouse.last_build import unchanged_snapshot
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from tests.helpers import CORPORA

ONE_PROCESS = Options(processes=1)
SEEDS = PROJECT_FOLDER / "seeds"
POWERAPPS = CORPORA / "powerapps"
DIABLO = CORPORA / "diablo4-sample"


@pytest.fixture(scope="module")
def seed(seed_snapshot: Snapshot) -> Iterator[duckdb.DuckDBPyConnection]:
    with read_only(seed_snapshot.database) as connection:
        yield connection


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select count(*) from documents", (1,)),
        ("select count(*) from rejected_documents", (0,)),
        ("select count(*), sum(entry_count) from articles", (19, 20)),
        ("select count(*) from providers", (18,)),
        ("select list(name order by name) from topics", (["AI", "Computer Vision"],)),
        ("select count(*), count_if(is_repeat) from related_links", (19, 1)),
        ("select count(*), min(lag_minutes), max(lag_minutes), median(lag_minutes) from publication_lag",
         (18, -57, 5_790, 746)),
        ("select round(hhi, 6) from concentration where counted_by = 'provider' and population = 'articles'",
         (0.058172,)),
        ("select provider_domain, margin_minutes, is_clock_safe from first_mover_by_story", ("cnet.com", 3, False)),
        ("select t50_minutes, t90_minutes, lifespan_minutes from story_timing", (468, 4_632, 5_847)),
    ],
    ids=["documents", "rejected", "articles", "providers", "topics", "links", "lags", "hhi", "first", "timing"],
)  # fmt: skip
def test_the_seed_document(query: str, expected: tuple[object, ...], seed: duckdb.DuckDBPyConnection) -> None:
    assert seed.sql(query).fetchall() == [expected]


def test_the_repeat_of_the_seed_is_one_article_under_two_addresses(seed: duckdb.DuckDBPyConnection) -> None:
    [(article_id,)] = seed.sql("select article_id from related_links where is_repeat").fetchall()
    [(entries, addresses)] = seed.execute(
        "select count(*), count(distinct web_url) from related_links where article_id = ?", [article_id]
    ).fetchall()
    assert (entries, addresses) == (2, 2)


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        ([POWERAPPS], {"documents": 674, "articles": 670, "providers": 85, "topics": 7, "related_links": 0}),
        ([DIABLO], {"documents": 255, "articles": 254, "providers": 55, "related_links": 931}),
        ([DIABLO, POWERAPPS, SEEDS], {"documents": 930, "sources": 3, "related_links": 950}),
    ],
    ids=["powerapps", "diablo4-sample", "all"],
)
def test_a_shared_corpus(folders: list[Path], expected: dict[str, int], tmp_path: Path) -> None:
    if missing := [folder for folder in folders if not folder.exists()]:
        pytest.skip(f"the shared corpora are not here: {missing[0]}")
    sources = [Folder(folder.name, folder) for folder in folders]
    with open_build(Warehouse(tmp_path), sources, Options(processes=1)) as build:
        written = write_tables(build, read_files(build))
        counts = {name: table.row_count for name, table in written.tables.items()}
        per_source = pl.read_parquet(written.folder / "sources.parquet")
    assert {name: counts[name] for name in expected} == expected
    assert counts["rejected_documents"] == 0
    assert per_source["document_count"].sum() == counts["documents"]
    assert per_source["source_name"].to_list() == [folder.name for folder in folders]


# What is refused, and what is said ------------------------------------------------------------------------------------


def written(folder: Path, files: dict[str, str]) -> list[Source]:
    """A source of these files, as path -> text."""
    folder.mkdir(exist_ok=True)
    for path, text in files.items():
        (folder / path).write_text(text)
    return [Folder("news", folder)]


GOOD = "---\ntitle: A bridge\nwebUrl: https://city.com/a\n---\n"
BROKEN = "---\ntitle: 'A bridge\n---\n"


def test_what_becomes_of_a_folder_while_it_is_read_ends_no_build_and_loses_no_file(tmp_path: Path) -> None:
    """All of it at once, and the check that files are documents or rejected passes."""
    document = "---\ntitle: {0}\nwebUrl: https://example.net/{0}\n---\n"
    names = [*map(str, range(8)), os.fsdecode(b"\xff"), r"\xff"]
    written(tmp_path / "feed", {name: document.format(number) for number, name in enumerate(names)})
    (tmp_path / "feed" / "endless").symlink_to("/dev/zero")
    become: list[Callable[[Path], object]] = [
        os.mkfifo, Path.mkdir, Path.touch, lambda file: os.truncate(os.open(file, os.O_CREAT | os.O_RDWR), 2**40),
        lambda file: file.symlink_to("/proc/self/mem"), lambda file: file.symlink_to(file),
    ]  # fmt: skip

    class Changing(Folder):
        def list(self) -> Found:
            found = super().list()
            for number, change in enumerate(become):
                (self.path / str(number)).unlink()
                change(self.path / str(number))
            (self.path / "6").unlink()
            return Found([*found.files, *found.files], found.passed_over)

    built = build_warehouse(Warehouse(tmp_path / "warehouse"), [Changing("feed", tmp_path / "feed")], ONE_PROCESS)
    with read_only(built.snapshot.database) as connection:
        assert connection.execute("select path from documents order by path").fetchall() == [
            ("7",),
            (r"\\xff",),
            (r"\xff",),
        ]
        rejected = connection.execute("select path, reason from rejected_documents order by path").fetchall()
    reasons = dict.fromkeys(["0", "1", "2", "3", "4", "5", "6", "endless"], "unreadable") | {
        "2": "empty",
        "3": "too_large",
    }
    assert dict(rejected) == reasons


def test_a_build_without_a_single_document_is_refused_with_the_first_reasons(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse")
    build_warehouse(warehouse, written(tmp_path / "news", {"a.md": GOOD}), ONE_PROCESS)
    before = warehouse.current()
    sources = written(tmp_path / "news", {"a.md": BROKEN, "b.md": "no front matter"})
    with pytest.raises(CheckError) as error:
        build_warehouse(warehouse, sources, ONE_PROCESS)
    assert str(error.value).startswith("not published, none of 2 files could be read: news/a.md, line 3: broken_yaml (")
    assert "news/b.md, line 1: no_front_matter (" in str(error.value)
    assert warehouse.current() == before


@pytest.mark.parametrize(("share", "is_refused"), [(None, False), (0.5, False), (0.49, True), (0.0, True)])
def test_more_rejected_files_than_the_share_that_was_set_are_refused(
    share: float | None, is_refused: bool, tmp_path: Path
) -> None:
    warehouse, sources = Warehouse(tmp_path / "warehouse"), written(tmp_path / "news", {"a.md": GOOD, "b.md": BROKEN})
    options = replace(ONE_PROCESS, max_rejected_share=share)
    # The second time nothing has changed, and it is refused all the same.
    for build in range(2):
        if is_refused:
            with pytest.raises(CheckError, match=r"1 of 2 files were rejected, more than a share of .*: news/b\.md"):
                build_warehouse(warehouse, sources, options)
            build_warehouse(warehouse, sources, ONE_PROCESS)
            assert unchanged_snapshot(warehouse, sources, options, print) is None
        else:
            assert build_warehouse(warehouse, sources, options).is_new == (build == 0)


def test_a_build_says_a_sentence_with_its_numbers_per_phase(tmp_path: Path) -> None:
    warehouse, sources = Warehouse(tmp_path / "warehouse"), written(tmp_path / "news", {"a.md": GOOD, "b.md": BROKEN})
    said: list[str] = []
    built = build_warehouse(warehouse, sources, ONE_PROCESS, Watch(say=said.append))
    record = built.snapshot.record
    assert [re.sub(r"[0-9.]+ s$", "N s", sentence) for sentence in said] == [
        "read 2 files, 2 anew, 1 rejected, N s",
        f"{len(TABLES)} tables, {sum(table.row_count for table in record.tables.values())} rows, N s",
        f"database with {len(record.marts)} marts, {len(record.views)} views as files, N s",
        f"{len(all_checks())} checks, 0 found offenders, N s",
        f"published {built.snapshot.name}, N s",
    ]
    assert list(built.seconds) == ["reading", "tables", "database", "checks", "publishing"]
    said.clear()
    assert not build_warehouse(warehouse, sources, ONE_PROCESS, Watch(say=said.append)).is_new
    assert said[-1] == f"nothing changed since {built.snapshot.name}"


def test_the_record_says_what_each_table_and_mart_was_made_from(seed_snapshot: Snapshot) -> None:
    record = seed_snapshot.record
    assert record.tables["findings"].made_from == made_from()["findings"]
    assert "articles" in record.marts["article_hours"].made_from
    assert record.versions["broadsheet"] == version("broadsheet")


def test_what_a_check_refused_stays_for_people_until_the_next_build(tmp_path: Path) -> None:
    warehouse, sources = Warehouse(tmp_path / "warehouse"), written(tmp_path / "news", {"a.md": GOOD})
    with open_build(warehouse, sources, ONE_PROCESS) as build:
        tables = write_tables(build, read_files(build))
        checked = run_checks(build, build_database(build, tables))
        query = next(query for query in all_checks() if query.header["severity"] == "error")
        offended = replace(checked, results=[*checked.results, CheckResult(query, 1, [{"path": "a.md"}])])
        # As in a step of Dagster, which ends before the build does.
        with pytest.raises(CheckError, match=rf"{query.name}: 1 offender, first: path a\.md"):
            refuse_errors(offended)
    assert warehouse.refused_database() == checked.file
    assert warehouse.current_or_none() is None
    build_warehouse(warehouse, sources, ONE_PROCESS)
    with pytest.raises(InputError):
        warehouse.refused_database()
