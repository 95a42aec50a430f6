"""One document on which reading fails, whatever the way, is rejected by name, and its neighbors are read."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pytest

from pipeline.build import build_warehouse
from pipeline.entries import shard
from pipeline.settings import PROJECT_FOLDER, Limits, Options
from pipeline.sources.folder import Folder
from pipeline.warehouse.snapshots import Snapshot, Warehouse


class Deadly(Folder):
    """A folder whose file `deadly.txt` kills each worker that opens it. The process of the tests survives and fails."""

    def read(self, paths: Sequence[str], max_bytes: int) -> Iterator[bytes | str]:
        if "deadly.txt" in paths:
            assert multiprocessing.parent_process() is not None, "the process of the build would be killed"
            os.kill(os.getpid(), signal.SIGKILL)
        yield from super().read(paths, max_bytes)


@pytest.fixture(autouse=True)
def _workers_find_this_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROJECT_FOLDER))
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "feed"
    folder.mkdir()
    for name in ("a", "b", "deadly", "z"):
        (folder / f"{name}.txt").write_text(f"---\ntitle: {name}\n---\n")
    return folder


def documents(snapshot: Snapshot) -> list[str]:
    return pl.read_parquet(snapshot.folder / "documents.parquet")["path"].sort().to_list()


def rejected(snapshot: Snapshot) -> list[tuple[str, str, str]]:
    frame = pl.read_parquet(snapshot.folder / "rejected_documents.parquet")
    return frame.select("path", "reason", "detail").rows()


def test_what_kills_a_worker_is_rejected_and_never_read_in_the_process_of_the_build(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard, "SHARD_FILES", 3)
    warehouse, source = Warehouse(tmp_path / "warehouse"), Deadly("feed", folder)
    for options in (Options(processes=2), Options(processes=1, full=True)):
        snapshot = build_warehouse(warehouse, [source], options).snapshot
        assert documents(snapshot) == ["a.txt", "b.txt", "z.txt"]
        assert rejected(snapshot) == [("deadly.txt", "reader_failed", shard._KILLED)]


def test_a_build_after_one_that_died_while_reading_reads_in_processes_of_their_own(
    folder: Path, tmp_path: Path
) -> None:
    warehouse = Warehouse(tmp_path / "warehouse")
    mark = warehouse.fragments_folder / "reading"
    mark.parent.mkdir(parents=True)
    mark.touch()
    snapshot = build_warehouse(warehouse, [Deadly("feed", folder)], Options(processes=1)).snapshot
    assert [path for path, *_ in rejected(snapshot)] == ["deadly.txt"]
    assert not mark.exists()


def test_a_build_that_dies_while_reading_leaves_a_mark(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, seen = Warehouse(tmp_path / "warehouse"), []
    read = shard.read_documents

    def look(contents: Sequence[bytes], limits: Limits) -> object:
        seen.append((warehouse.fragments_folder / "reading").exists())
        return read(contents, limits)

    monkeypatch.setattr(shard, "read_documents", look)
    build_warehouse(warehouse, [Folder("feed", folder)], Options(processes=1))
    assert seen == [True]


@pytest.mark.parametrize("error", [ValueError("no\nway"), MemoryError("no"), pl.exceptions.PanicException("no")])
def test_what_raises_an_error_is_rejected_alone(
    error: BaseException, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = shard.read_documents

    def fail(contents: Sequence[bytes], limits: Limits) -> object:
        if any(b"deadly" in content for content in contents):
            raise error
        return read(contents, limits)

    monkeypatch.setattr(shard, "read_documents", fail)
    snapshot = build_warehouse(
        Warehouse(tmp_path / "warehouse"), [Folder("feed", folder)], Options(processes=1)
    ).snapshot
    assert documents(snapshot) == ["a.txt", "b.txt", "z.txt"]
    assert rejected(snapshot) == [("deadly.txt", "reader_failed", f"{type(error).__name__}: no")]
