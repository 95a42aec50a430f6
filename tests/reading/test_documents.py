"""One small document per kind of trouble, and what must become of each, alone in the reader and all in one build.

    documents/rejected/<what>.txt    cannot become a document; <what>.yaml beside it says the reason and the place
    documents/kept/<what>.txt        becomes a document with the findings of <what>.yaml
    documents/right/<what>.txt       looks odd and is right; without a finding, whether it has a <what>.yaml or not

Below `lead`, and below `related` by position, <what>.yaml says what stands in some columns of that entry's row. A new
trouble is a new pair of files. What Git or a folder of the project cannot hold (links that lead nowhere, large files,
odd names) is made here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from filelock import FileLock

from pipeline.entries.findings import RULES
from pipeline.reading.rejections import REASONS, Rejection
from pipeline.reading.yaml_reader import read_document
from pipeline.settings import PROJECT_FOLDER, Limits
from tests.helpers import PATIENCE_SECONDS, TESTS_FOLDER

FOLDER = TESTS_FOLDER / "documents"
REJECTED, KEPT, RIGHT = (
    sorted(file.stem for file in (FOLDER / name).glob("*.txt")) for name in ("rejected", "kept", "right")
)
#: What stands beside the documents, by `<folder>/<name>`.
EXPECTED: dict[str, dict[str, Any]] = {
    f"{file.parent.name}/{file.stem}": yaml.load(file.read_bytes(), yaml.CSafeLoader) for file in FOLDER.rglob("*.yaml")
}


def expected_rejection(stem: str) -> tuple[str, int | None, int | None]:
    expected = EXPECTED[f"rejected/{stem}"]
    return expected["reason"], expected.get("line"), expected.get("column")


def expected_rows() -> list[Any]:
    """Each row of which something is expected: folder, name, position (0 = lead), and values by column."""
    return [
        pytest.param(*name.split("/"), position, values, id=f"{name} {position}")
        for name, expected in sorted(EXPECTED.items())
        for position, values in [(0, expected.get("lead", {})), *expected.get("related", {}).items()]
        if values
    ]


def test_what_is_expected_stands_beside_its_document() -> None:
    documents = {f"{file.parent.name}/{file.stem}" for file in FOLDER.rglob("*.txt")}
    assert EXPECTED.keys() <= documents
    assert {name for name in documents if not name.startswith("right/")} <= EXPECTED.keys()
    keys = {"rejected": {"reason", "line", "column"}, "kept": {"findings", "lead", "related"}, "right": {"lead"}}
    assert [name for name, expected in EXPECTED.items() if not expected.keys() <= keys[name.partition("/")[0]]] == []


def test_every_reason_and_every_rule_has_a_document() -> None:
    made_elsewhere = {"unreadable", "dangling_symlink", "too_large", "too_costly", "reader_failed"}
    assert {expected_rejection(stem)[0] for stem in REJECTED} == set(REASONS) - made_elsewhere
    assert {finding["rule"] for stem in KEPT for finding in EXPECTED[f"kept/{stem}"]["findings"]} == (
        set(RULES) - {"same_content"}
    )


# The reader ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", [stem for stem in REJECTED if expected_rejection(stem)[0] != "no_title_or_address"])
def test_rejected_by_the_reader(stem: str) -> None:
    with pytest.raises(Rejection) as caught:
        read_document((FOLDER / "rejected" / f"{stem}.txt").read_bytes(), Limits())
    assert (caught.value.reason, caught.value.line, caught.value.column) == expected_rejection(stem)
    assert caught.value.detail


@pytest.mark.parametrize("stem", KEPT)
def test_kept_by_the_reader(stem: str) -> None:
    assert read_document((FOLDER / "kept" / f"{stem}.txt").read_bytes(), Limits())


@pytest.mark.parametrize("stem", RIGHT)
def test_right_for_the_reader(stem: str) -> None:
    row = read_document((FOLDER / "right" / f"{stem}.txt").read_bytes(), Limits())
    title = row["title"].strip()  # the reader keeps white space, which the value of one line loses
    assert title == EXPECTED.get(f"right/{stem}", {}).get("lead", {}).get("title", title)
    assert row["unknown_keys"] is None


# The build ----------------------------------------------------------------------------------------------------------

TEN_MEGABYTES = 10_000_000
LONG_TITLE = ("A bridge 🌉 too far, said the town. " * 5_800).rstrip()

#: Documents made at test time, by path: names with blanks and letters of all kinds, any suffix, sizes at the limit.
MADE_RIGHT = (
    "UPPER CASE.TXT",
    "a name  with blanks .md",
    "at the limit.txt",
    "line\nbreak.txt",
    "linked.txt",
    "long title.txt",
    "name=value.html",
    "no suffix",
    "quotes'\".txt",
    "sub/README.txt",
    "sub/sub/deep.txt",
    "Überschrift Cafe\u0301 橋 🌉.markdown",
)
MADE_REJECTED = {"dangling.txt": "dangling_symlink", "loop.txt": "unreadable", "over the limit.txt": "too_large"}
#: Hidden files and folders, linked folders, companions without front matter.
MADE_PASSED_OVER = (".hidden.txt", ".hidden/", "LICENSE", "README.md", "linked_folder", "sub/readme")


def document(title: str, address: str) -> str:
    return f"""---
title: "{title}"
publishedDateTime: 2023-05-04T09:30:00Z
webUrl: https://example.net/made/{address}
type: article
published: true
provider: {{name: Example News, domain: example.net}}
---
"""


def padded(size: int, address: str) -> bytes:
    text = document(f"A document of {size} bytes", address).encode()
    return text + b"x" * (size - len(text))


def make_documents(folder: Path) -> None:
    (folder / "sub" / "sub").mkdir(parents=True)
    for number, path in enumerate(MADE_RIGHT):
        (folder / path).write_text(document(f"Made number {number}", str(number)), encoding="utf-8")
    (folder / "long title.txt").write_text(document(LONG_TITLE, "long-title"), encoding="utf-8")
    (folder / "at the limit.txt").write_bytes(padded(TEN_MEGABYTES, "at-the-limit"))
    (folder / "over the limit.txt").write_bytes(padded(TEN_MEGABYTES + 1, "over-the-limit"))
    (folder / "linked.txt").unlink()
    (folder / "linked.txt").symlink_to("sub/sub/deep.txt")
    (folder / "dangling.txt").symlink_to("nowhere.txt")
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / ".hidden.txt").write_text(document("Hidden", "hidden"))
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "inside.txt").write_text(document("Hidden", "hidden"))
    (folder / "linked_folder").symlink_to("sub")
    (folder / "README.md").write_text("# About this feed\n")
    (folder / "LICENSE").write_text("Do as you like.\n")
    (folder / "sub" / "readme").touch()


def broadsheet(*arguments: str | Path, warehouse: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline.terminal.cli", *map(str, arguments), "--warehouse", str(warehouse)],
        check=False,
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )


class Built:
    """One warehouse of the sources `rejected`, `kept`, `right` and `made`; its tables as frames."""

    def __init__(self, folder: Path) -> None:
        self.sources = [folder / name for name in ("rejected", "kept", "right", "made")]
        self.warehouse = folder / "warehouse"
        self.table = cache(lambda name: pl.read_parquet(self.warehouse / "current" / f"{name}.parquet"))

    def document(self, source: str, path: str) -> dict[str, Any]:
        return self.table("documents").row(
            by_predicate=(pl.col("source_name") == source) & (pl.col("path") == path), named=True
        )

    def entry(self, source: str, stem: str, position: int) -> dict[str, Any]:
        """Row of a document's lead or related entry."""
        lead = self.document(source, f"{stem}.txt")
        if position == 0:
            return lead
        is_entry = (pl.col("document_id") == lead["document_id"]) & (pl.col("position") == position)
        return self.table("related_links").row(by_predicate=is_entry, named=True)

    def findings(self, source: str, path: str) -> Counter[tuple[str, str, int | None]]:
        """How often a document has each rule, severity and position."""
        found = self.table("findings").filter(document_id=self.document(source, path)["document_id"])
        return Counter(found.select("rule", "severity", "position").rows())


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Built once, whatever the number of processes that run the tests."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "documents"
    result = Built(folder)
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.yaml"))
            make_documents(folder / "made")
            run = broadsheet("build", *result.sources, warehouse=result.warehouse)
            assert run.returncode == 0, run.stderr
            (folder / "done").touch()
    return result


def test_every_file_is_a_document_or_rejected(built: Built) -> None:
    counts = dict.fromkeys(("rejected", "kept", "right"), 0) | {"made": len(MADE_PASSED_OVER)}
    sources = {row["source_name"]: row for row in built.table("sources").rows(named=True)}
    assert {name: row["passed_over_count"] for name, row in sources.items()} == counts
    for name, documents, rejected in (
        ("rejected", 0, len(REJECTED)),
        ("kept", len(KEPT), 0),
        ("right", len(RIGHT), 0),
        ("made", len(MADE_RIGHT), len(MADE_REJECTED)),
    ):
        assert built.table("documents").filter(source_name=name).height == documents
        assert built.table("rejected_documents").filter(source_name=name).height == rejected
        assert sources[name]["file_count"] == documents + rejected


@pytest.mark.parametrize("stem", REJECTED)
def test_rejected(built: Built, stem: str) -> None:
    rows = built.table("rejected_documents").filter(source_name="rejected", path=f"{stem}.txt").rows(named=True)
    assert rows, "a document of a build: where PyYAML's reader rejects it, the strict subset must not match it"
    [row] = rows
    assert (row["reason"], row["line"], row["column_number"]) == expected_rejection(stem)
    assert row["byte_count"] == (FOLDER / "rejected" / f"{stem}.txt").stat().st_size
    assert row["detail"]


@pytest.mark.parametrize("stem", KEPT)
def test_kept_with_exactly_its_findings(built: Built, stem: str) -> None:
    expected = EXPECTED[f"kept/{stem}"]["findings"]
    assert built.findings("kept", f"{stem}.txt") == Counter(
        (finding["rule"], finding["severity"], finding.get("position")) for finding in expected
    )


@pytest.mark.parametrize("stem", RIGHT)
def test_right_without_any_finding(built: Built, stem: str) -> None:
    assert built.findings("right", f"{stem}.txt") == Counter()


@pytest.mark.parametrize(("source", "stem", "position", "expected"), expected_rows())
def test_what_is_kept(built: Built, source: str, stem: str, position: int, expected: dict[str, Any]) -> None:
    row = built.entry(source, stem, position)
    row["unknown_keys"] = row["unknown_keys"] and json.loads(row["unknown_keys"])
    assert {name: row[name] for name in expected} == expected


def test_every_finding_says_what_it_found(built: Built) -> None:
    assert built.table("findings")["detail"].null_count() == 0


def test_every_related_entry_is_a_row(built: Built) -> None:
    entries = sum(
        len(read_document(file.read_bytes(), Limits()).get("related") or [])
        for name in ("kept", "right")
        for file in (FOLDER / name).glob("*.txt")
    )
    assert built.table("related_links").height == entries == built.table("documents")["related_count"].sum()


def test_names_suffixes_and_sizes_do_not_matter(built: Built) -> None:
    assert set(built.table("documents").filter(source_name="made")["path"]) == set(MADE_RIGHT)
    found = {path: findings for path in MADE_RIGHT if (findings := built.findings("made", path))}
    assert found == {"sub/sub/deep.txt": Counter({("same_content", RULES["same_content"][0], None): 1})}
    assert built.document("made", "at the limit.txt")["byte_count"] == TEN_MEGABYTES
    assert built.document("made", "long title.txt")["title"] == LONG_TITLE
    assert len(LONG_TITLE) > 200_000


def test_files_that_cannot_be_read_are_rejected(built: Built) -> None:
    rows = built.table("rejected_documents").filter(source_name="made")
    assert dict(rows.select("path", "reason").iter_rows()) == MADE_REJECTED
    assert "nowhere.txt" in rows.row(by_predicate=pl.col("path") == "dangling.txt", named=True)["detail"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_rejected(tmp_path: Path) -> None:
    source = made(tmp_path, {"a.txt": document("A", "a"), "locked.txt": document("B", "b")})
    (source / "locked.txt").chmod(0)
    assert outcomes(tmp_path, source) == {"a.txt": "document", "locked.txt": "unreadable"}


def test_a_pipe_is_rejected_and_not_waited_for(tmp_path: Path) -> None:
    source = made(tmp_path, {"a.txt": document("A", "a")})
    os.mkfifo(source / "pipe.txt")
    assert outcomes(tmp_path, source) == {"a.txt": "document", "pipe.txt": "unreadable"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_names_that_are_not_text_are_documents_under_names_of_their_own(tmp_path: Path) -> None:
    source = made(tmp_path, {"a.txt": document("A", "a"), r"caf\xe9.txt": document("B", "b")})
    (source / os.fsdecode(b"caf\xe9.txt")).write_text(document("C", "c"))
    assert outcomes(tmp_path, source) == dict.fromkeys(("a.txt", r"caf\xe9.txt", r"caf\\xe9.txt"), "document")


def test_limits_are_options(tmp_path: Path) -> None:
    deep = document("Deep", "deep").replace("type: article", "type: article\nmood: [[[a]]]")
    files = {"a.txt": document("A", "a"), "deep.txt": deep, "large.txt": document("B", "b") + "x" * 1000}
    source = made(tmp_path, files)
    assert outcomes(tmp_path, source) == dict.fromkeys(files, "document")
    assert outcomes(tmp_path, source, "--max-bytes", "1000", "--max-depth", "3") == {
        "a.txt": "document",
        "deep.txt": "too_deep",
        "large.txt": "too_large",
    }


def test_one_document_among_rejected_files_is_enough_and_none_is_not(built: Built, tmp_path: Path) -> None:
    shutil.copytree(built.sources[0], tmp_path / "news")
    run = broadsheet("build", tmp_path / "news", warehouse=tmp_path / "warehouse")
    assert run.returncode == 3 and f"none of {len(REJECTED)} files could be read: news/" in run.stderr
    (tmp_path / "news" / "z.md").write_text("---\ntitle: A\n---\n")
    rejected = {f"{stem}.txt": expected_rejection(stem)[0] for stem in REJECTED}
    assert outcomes(tmp_path, tmp_path / "news") == rejected | {"z.md": "document"}


def test_strict_fails_when_files_were_rejected(built: Built) -> None:
    assert broadsheet("build", *built.sources, "--strict", warehouse=built.warehouse).returncode == 1


def test_strict_passes_when_none_was(built: Built, tmp_path: Path) -> None:
    _, kept, right, _ = built.sources
    run = broadsheet("build", kept, right, "--strict", warehouse=tmp_path / "warehouse")
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(None, id="missing"),
        pytest.param({}, id="empty"),
        pytest.param({".hidden.txt": "a"}, id="hidden"),
        pytest.param({"README.md": "# About\n", "LICENSE": "Do as you like.\n"}, id="companions"),
    ],
)
def test_a_source_without_documents_changes_nothing(tmp_path: Path, files: dict[str, str] | None, built: Built) -> None:
    warehouse = built.warehouse
    before = (warehouse / "current").readlink()
    source = tmp_path / "nowhere" if files is None else made(tmp_path, files)
    run = broadsheet("build", source, warehouse=warehouse)
    assert run.returncode == 2
    assert str(source) in run.stderr
    assert "Traceback" not in run.stderr
    assert (warehouse / "current").readlink() == before


def made(folder: Path, files: dict[str, str]) -> Path:
    """A new source with these files."""
    source = folder / "source"
    source.mkdir(parents=True)
    for name, text in files.items():
        (source / name).write_text(text, encoding="utf-8")
    return source


def outcomes(folder: Path, source: Path, *options: str) -> dict[str, str]:
    """What a build makes of each file: `document`, or the reason why it is rejected."""
    run = broadsheet("build", source, *options, warehouse=folder / "warehouse")
    assert run.returncode == 0, run.stderr
    current = folder / "warehouse" / "current"
    documents = pl.read_parquet(current / "documents.parquet").select("path", reason=pl.lit("document"))
    rejected = pl.read_parquet(current / "rejected_documents.parquet").select("path", "reason")
    return dict(pl.concat([documents, rejected]).sort("path").iter_rows())
