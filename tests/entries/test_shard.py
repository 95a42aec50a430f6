"""One document on which reading fails, whatever the way, is rejected by name, and its neighbors are read."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pytest

from pipeline.build import build_warehouse, open_build, read_files
from pipeline.entries import shard
from pipeline.settings import PROJECT_FOLDER, Limits, Options
from pipeline.sources import Source
from pipeline.sources.folder import Folder
from pipeline.warehouse.snapshots import Warehouse


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


def what_becomes_of(source: Source, warehouse: Warehouse, options: Options) -> dict[str, str]:
    """The outcome of each file, or the reason why it is rejected and the sentence about it."""
    with open_build(warehouse, [source], options) as build:
        read = read_files(build)
    reasons = {item.file.removeprefix("feed/"): f"{item.reason}: {item.detail}" for item in read.first_rejections}
    return dict(read.files.select("path", "outcome").iter_rows()) | reasons


def alone(reason: str) -> dict[str, str]:
    """That one file was rejected, and its neighbors were read."""
    return dict.fromkeys(("a.txt", "b.txt", "z.txt"), "document") | {"deadly.txt": reason}


def test_what_kills_a_worker_is_rejected_and_never_read_in_the_process_of_the_build(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard, "SHARD_FILES", 3)
    source, warehouse = Deadly("feed", folder), Warehouse(tmp_path / "warehouse")
    killed = alone(f"reader_failed: {shard._KILLED}")
    assert what_becomes_of(source, warehouse, Options(processes=2)) == killed
    build_warehouse(warehouse, [source], Options(processes=2))
    assert what_becomes_of(source, warehouse, Options(processes=1, full=True)) == killed


def test_a_build_after_one_that_died_while_reading_reads_in_processes_of_their_own(
    folder: Path, tmp_path: Path
) -> None:
    warehouse = Warehouse(tmp_path / "warehouse")
    mark = warehouse.fragments_folder / "reading"
    mark.parent.mkdir(parents=True)
    mark.touch()
    read = what_becomes_of(Deadly("feed", folder), warehouse, Options(processes=1))
    assert read == alone(f"reader_failed: {shard._KILLED}")
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
    what_becomes_of(Folder("feed", folder), warehouse, Options(processes=1))
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
    became = what_becomes_of(Folder("feed", folder), Warehouse(tmp_path / "warehouse"), Options(processes=1))
    assert became == alone(f"reader_failed: {type(error).__name__}: no")
