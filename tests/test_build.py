"""Whole builds of real documents have the numbers that were counted from the files themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.build import open_build, read_files, write_tables
from pipeline.settings import PROJECT_FOLDER, Options
from pipeline.sources.folder import Folder
from pipeline.warehouse.database import read_only
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from tests.helpers import CORPORA

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
