"""The short form of `python -m benchmarks.faults`: kills, reads beside them, and flipped bits publish nothing wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner

from benchmarks.faults import run
from benchmarks.faults.flips import KINDS
from benchmarks.faults.place import Place
from benchmarks.faults.reads import READERS
from pipeline.terminal.cli import main
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from tests.helpers.damage import change_titles


@pytest.mark.slow
def test_kills_reads_and_flipped_bits_publish_nothing_wrong_and_lose_no_later_build() -> None:
    figures = run(kills=50, reads=10_000, flips=7, seconds=1_800)
    assert figures.problems == []
    assert figures.kills.total() == 50
    assert set(figures.reads) == set(READERS)
    assert figures.reads.total() >= 10_000
    assert {kind: figures.flips[kind] for kind in KINDS} == dict.fromkeys(KINDS, 7)
    assert figures.builds
    assert figures.builds_after_flips


def test_the_fault_run_knows_wrong_numbers_when_it_sees_them(seed_snapshot: Snapshot, tmp_path: Path) -> None:
    # The reference is a copy, too: other tests of this process hold the database of the seed open in their own way.
    for copy in ("reference", "warehouse"):
        shutil.copytree(seed_snapshot.folder.parents[1], tmp_path / copy, symlinks=True)
    place = Place({}, {"seeds": Warehouse(tmp_path / "reference").current()}, Warehouse(tmp_path / "warehouse"))
    current = place.warehouse.current()
    before = current.table("articles").read_bytes()
    assert place.state() == "seeds"
    change_titles(current.table("articles"))
    assert place.state() is None
    current.table("articles").write_bytes(before)
    assert place.state() == "seeds"
    current.database.chmod(0o644)
    with duckdb.connect(str(current.database)) as connection:
        connection.execute("update articles set title = 'CHANGED'")
    assert place.state() is None


@pytest.mark.parametrize("keeps_times", [True, False], ids=["cp -a", "cp -r"])
def test_a_plain_copy_of_a_snapshot_is_a_backup(keeps_times: bool, seed_snapshot: Snapshot, tmp_path: Path) -> None:
    copy = shutil.copy2 if keeps_times else shutil.copyfile
    backup = shutil.copytree(seed_snapshot.folder, tmp_path / "backup" / seed_snapshot.name, copy_function=copy)
    with duckdb.connect(str(backup / "warehouse.duckdb"), read_only=True) as connection:
        titles = connection.sql("select title from articles order by article_id").fetchall()
    assert len(titles) == pl.read_parquet(backup / "articles.parquet").height == 19
    # Restored where nothing is left.
    warehouse = tmp_path / "warehouse"
    shutil.copytree(backup, warehouse / "snapshots" / backup.name, copy_function=copy)
    for command in (["rollback", backup.name], ["doctor"], ["status"]):
        result = CliRunner().invoke(main, [*command, "--warehouse", str(warehouse)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
    with duckdb.connect(str(warehouse / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.sql("select title from articles order by article_id").fetchall() == titles
