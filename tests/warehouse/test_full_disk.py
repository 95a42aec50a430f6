"""A full disk: one sentence, nothing left behind, readers unharmed, and the next build with room works."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.errors import FullDiskError, is_full_disk
from pipeline.warehouse.snapshots import Warehouse
from tests.helpers.damage import FULL, BuiltCopy

DISK_BYTES = 60_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own; only root can make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can make a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path, free_bytes: int) -> Path:
    """Take all room but so many bytes."""
    filler = disk / "filler"
    status = os.statvfs(disk)
    with filler.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, max(status.f_bavail * status.f_frsize - free_bytes, 1))
    return filler


def listed(folder: Path) -> list[str]:
    """Everything in a warehouse but what locks it."""
    return sorted(
        str(item.relative_to(folder))
        for item in folder.rglob("*")
        if not item.name.startswith((".lock", ".broadsheet"))
    )


@pytest.mark.parametrize("free_bytes", [0, 100_000, 1_000_000, 4_000_000])
def test_a_build_without_room_is_one_sentence_and_leaves_nothing(
    free_bytes: int, place: BuiltCopy, small_disk: Path
) -> None:
    shutil.copytree(place.warehouse.folder, small_disk / "warehouse", symlinks=True)
    place.warehouse = Warehouse(small_disk / "warehouse")
    before, titles = listed(place.warehouse.folder), place.titles()
    place.edit("new")
    filler = fill(small_disk, free_bytes)
    with pytest.raises(FullDiskError, match=r"^no room in .*: nothing was published.* make room, or give another"):
        place.build(FULL)
    assert listed(place.warehouse.folder) == before
    assert place.titles() == titles
    filler.unlink()
    place.build()
    assert place.titles() == sorted([*titles, "new"])


def test_the_errors_of_polars_and_duckdb_about_a_full_disk_are_known(small_disk: Path) -> None:
    frame = pl.DataFrame({"number": pl.int_range(1_000_000, eager=True).shuffle(1)})
    fill(small_disk, 10_000)
    with pytest.raises((OSError, pl.exceptions.PolarsError)) as of_polars:
        frame.lazy().sink_parquet(small_disk / "numbers.parquet")
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as of_duckdb:
        connection.execute(f"attach '{small_disk / 'numbers.duckdb'}' as numbers")
        connection.execute("create table numbers.n as select range as number, md5(range::varchar) from range(1000000)")
        connection.execute("checkpoint numbers")
    assert is_full_disk(of_polars.value)
    assert is_full_disk(of_duckdb.value)
    assert not is_full_disk(PermissionError(13, "Permission denied"))
    assert not is_full_disk(duckdb.Error("no table of this name"))
