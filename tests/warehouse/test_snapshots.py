"""Snapshots are published by one flip: whoever is killed, readers find one snapshot or the other."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipeline.build import is_unchanged, open_build, read_files
from pipeline.settings import PROJECT_FOLDER, Options
from pipeline.sources.folder import Folder
from pipeline.warehouse.record import SnapshotRecord
from pipeline.warehouse.snapshots import MANIFEST, Snapshot, Warehouse

#: Publishes the current snapshot once more, and dies before a function of pipeline/warehouse.py is called once more.
DYING_PUBLICATION = """
import os, shutil, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from pipeline.warehouse import snapshots as warehouse

folder, name, calls = sys.argv[1:]
function, calls = getattr(warehouse, name), int(calls)

def dying(*arguments):
    global calls
    if not calls:
        os.kill(os.getpid(), signal.SIGKILL)
    calls -= 1
    return function(*arguments)

target = warehouse.Warehouse(Path(folder))
current = target.current()
with target.lock(0):
    staging = target.stage(datetime(2999, 12, 31, tzinfo=UTC), "again")
    shutil.copytree(current.folder, staging, ignore=shutil.ignore_patterns("manifest.json"), dirs_exist_ok=True)
    setattr(warehouse, name, dying)
    target.publish(staging, current.record)
"""


@pytest.mark.parametrize(
    ("function", "calls", "is_published"),
    [("_sync", 0, False), ("_sync", 20, False), ("_replace_link", 0, False), ("_replace_link", 1, True)],
)
def test_a_killed_publication_leaves_one_snapshot_or_the_other(
    function: str, calls: int, is_published: bool, seed_snapshot: Snapshot, tmp_path: Path
) -> None:
    shutil.copytree(seed_snapshot.folder.parents[1], tmp_path / "warehouse", symlinks=True)
    warehouse = Warehouse(tmp_path / "warehouse")
    command = [sys.executable, "-c", DYING_PUBLICATION, str(warehouse.folder), function, str(calls)]
    assert subprocess.run(command, cwd=PROJECT_FOLDER, check=False).returncode == -signal.SIGKILL
    assert warehouse.current().name.endswith("-again") == is_published
    with duckdb.connect(str(warehouse.folder / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.sql("select count(*) from documents").fetchall() == [(1,)]
    # The killed one holds no lock, and what it left is removed unless it was published.
    with open_build(
        warehouse, [Folder("seeds", PROJECT_FOLDER / "seeds")], Options(processes=1), wait_seconds=0
    ) as build:
        assert is_unchanged(build, read_files(build))
    assert all((folder / MANIFEST).exists() for folder in warehouse.snapshots_folder.iterdir())


def test_the_record_of_a_snapshot_is_its_manifest(seed_snapshot: Snapshot) -> None:
    text = (seed_snapshot.folder / MANIFEST).read_text()
    assert SnapshotRecord.from_json(text) == seed_snapshot.record
    assert seed_snapshot.record.to_json() == text
    assert (seed_snapshot.record.document_count, seed_snapshot.record.tables["articles"].row_count) == (1, 19)


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "null", '{"documents": 1}'])
def test_a_folder_with_a_manifest_that_is_not_a_record_is_not_a_snapshot(
    text: str, seed_snapshot: Snapshot, tmp_path: Path
) -> None:
    shutil.copytree(seed_snapshot.folder.parents[1], tmp_path / "warehouse", symlinks=True)
    warehouse = Warehouse(tmp_path / "warehouse")
    manifest = warehouse.current().folder / MANIFEST
    manifest.unlink()
    manifest.write_text(text)
    assert warehouse.current_or_none() is None
    assert warehouse.snapshots() == []
