"""What disks and people do to a warehouse stays where it was done: no later build takes it over."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.build import build_warehouse
from pipeline.errors import InputError
from pipeline.settings import PROJECT_FOLDER, Limits, Options, Retention
from pipeline.warehouse.asking import Access, open_database
from pipeline.warehouse.doctor import examine
from pipeline.warehouse.last_build import unchanged_snapshot
from pipeline.warehouse.record import file_hash
from pipeline.warehouse.snapshots import MANIFEST, Snapshot, Warehouse
from tests.helpers.damage import (
    FULL,
    ONE_PROCESS,
    TITLES,
    BuiltCopy,
    change_titles,
    flip_bit,
    overwrite,
    spoil_manifest,
    zeros,
)

# Files ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [zeros, change_titles])
@pytest.mark.parametrize("options", [ONE_PROCESS, FULL], ids=["incremental", "full"])
def test_a_damaged_table_is_not_taken_over_by_the_next_build(
    damage: Callable[[Path], None], options: Options, place: BuiltCopy
) -> None:
    before = place.titles()
    for table in ("articles", "topics"):  # The new document makes other articles and the same topics.
        damage(place.warehouse.current().table(table))
    place.edit("new")
    snapshot = place.build(options).snapshot
    assert place.titles() == sorted([*before, "new"])
    assert all(
        file_hash(snapshot.folder / path) == stored.content_hash for path, stored in snapshot.record.files.items()
    )


def test_unchanged_tables_share_their_bytes_but_not_after_a_full_build(place: BuiltCopy) -> None:
    def numbers() -> dict[str, int]:
        return {file.name: file.stat().st_ino for file in place.warehouse.current().folder.glob("*.parquet")}

    before = numbers()
    place.edit("new")
    place.build()
    shared = {name for name, number in numbers().items() if before[name] == number}
    assert {"topics.parquet", "stories.parquet"} & shared
    assert "documents.parquet" not in shared
    before = numbers()
    place.build(FULL)
    assert not set(before.items()) & set(numbers().items())


@pytest.mark.parametrize("path", ["articles.parquet", "marts/article_hours.parquet", "warehouse.duckdb"])
@pytest.mark.parametrize("damage", [Path.unlink, lambda file: overwrite(file, b"x" * 100)], ids=["gone", "written to"])
def test_an_unchanged_build_sees_that_a_published_file_is_gone_or_was_written_to(
    damage: Callable[[Path], None], path: str, place: BuiltCopy
) -> None:
    before, titles = place.warehouse.current(), place.titles()
    assert unchanged_snapshot(place.warehouse, place.sources, ONE_PROCESS, place.warned.append) == before
    damage(before.folder / path)
    assert before.changed_files() == [path]
    assert unchanged_snapshot(place.warehouse, place.sources, ONE_PROCESS, place.warned.append) is None
    built = place.build()
    assert built.is_new
    assert built.read.read_count == 0
    assert place.titles() == titles
    assert built.snapshot.changed_files() == []
    assert path in place.warned[0]


def test_a_published_file_with_another_time_and_the_same_bytes_is_no_change(place: BuiltCopy) -> None:
    current = place.warehouse.current()
    os.utime(current.table("articles"), (1, 1))
    assert current.changed_files() == []
    assert not place.build().is_new


# Manifests ------------------------------------------------------------------------------------------------------------

MANIFESTS = [b"", b"{", b"\xff\xfe", b"{}", b"null", b"[]", b"1", b'{"tables": {}}', b"[" * 100_000, None]


@pytest.mark.parametrize("content", MANIFESTS)
def test_a_snapshot_with_a_damaged_manifest_is_told_apart_and_passed_over(
    content: bytes | None, place: BuiltCopy
) -> None:
    first, second = place.warehouse.current(), place.same_again()
    spoil_manifest(first.folder, content)
    assert place.warehouse.snapshots() == [second]
    assert place.warehouse.damaged() == [first.folder]
    assert not place.build().is_new
    spoil_manifest(second.folder, content)
    assert place.warehouse.current_or_none() is None
    with pytest.raises(InputError, match=r"no snapshot in .* make a new one with broadsheet build"):
        place.warehouse.current()


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_build_heals_damaged_manifests_and_removes_them_when_they_are_old(
    content: bytes | None, place: BuiltCopy
) -> None:
    first, second = place.warehouse.current(), place.same_again()
    for snapshot in (first, second):
        spoil_manifest(snapshot.folder, content)
    third = place.build().snapshot
    assert place.warehouse.current() == third
    assert set(place.warehouse.damaged()) == {second.folder, first.folder}
    assert len(place.titles()) == 19
    with place.warehouse.lock(0):
        assert place.warehouse.clean_up(Retention(age=timedelta())) == []
    assert place.warehouse.damaged() == []
    assert place.warehouse.snapshots() == [third]


def test_a_value_that_was_changed_in_a_manifest_makes_it_a_damaged_one(place: BuiltCopy) -> None:
    file = place.warehouse.current().folder / MANIFEST
    file.chmod(0o644)
    file.write_text(file.read_text().replace('"document_count": 1,', '"document_count": 2,'))
    assert place.warehouse.current_or_none() is None
    assert place.build().snapshot.record.document_count == 1


# The link `current` ---------------------------------------------------------------------------------------------------


def missing(link: Path) -> None:
    link.unlink()


def dangling(link: Path) -> None:
    link.unlink()
    link.symlink_to("snapshots/none")


def a_file(link: Path) -> None:
    link.unlink()
    link.write_text("snapshots")


def a_folder(link: Path) -> None:
    name = link.readlink().name
    link.unlink()
    link.mkdir()
    (link / name).write_text("mine")


def elsewhere(link: Path) -> None:
    """An absolute link whose last part is the name of a snapshot."""
    name = link.readlink().name
    link.unlink()
    link.symlink_to(f"/nowhere/snapshots/{name}")


def snapshot_gone(link: Path) -> None:
    shutil.rmtree(link.resolve())


@pytest.mark.parametrize("damage", [missing, dangling, a_file, a_folder, elsewhere, snapshot_gone])
def test_whole_snapshots_are_found_and_current_is_healed(damage: Callable[[Path], None], place: BuiltCopy) -> None:
    first = place.warehouse.current()
    place.same_again()
    damage(place.warehouse.folder / "current")
    assert place.warehouse.current_or_none() is None
    found = place.warehouse.snapshots()
    with pytest.raises(InputError, match=f"{found[0].name} is whole; publish it again with broadsheet rollback"):
        place.warehouse.current()
    assert place.warehouse.find(None) == found[0]
    assert place.warehouse.find(first.name).name == first.name
    with place.warehouse.lock(0):
        assert place.warehouse.rollback().name == found[0].name
    assert place.warehouse.current().name == found[0].name
    assert len(place.titles()) == 19
    assert [file.read_text() for file in place.warehouse.folder.glob("current.aside-*/*")] == (
        ["mine"] if damage is a_folder else []
    )


def test_a_build_alone_heals_what_stands_in_the_place_of_current(place: BuiltCopy) -> None:
    for damage in (a_file, a_folder, snapshot_gone):
        damage(place.warehouse.folder / "current")
        assert place.build().is_new, damage
        assert place.warehouse.current().is_current
        assert len(place.titles()) == 19


def test_a_right_absolute_link_is_the_current_snapshot(place: BuiltCopy) -> None:
    link = place.warehouse.folder / "current"
    target = link.resolve()
    link.unlink()
    link.symlink_to(target)
    assert place.warehouse.current().folder == target


# Fragments ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["*/entries.parquet", "*/documents.parquet", "files-*.parquet"])
def test_a_flipped_bit_in_what_is_kept_between_builds_is_read_anew_and_said(pattern: str, place: BuiltCopy) -> None:
    before = place.titles()
    for number in range(2):
        [file, *_] = place.warehouse.fragments_folder.glob(pattern)
        flip_bit(file, number)
        place.warned.clear()
        place.edit(f"new-{number}")
        built = place.build()
        assert any("read anew" in warning for warning in place.warned)
        assert place.titles() == sorted([*before, *(f"new-{each}" for each in range(number + 1))])
    assert built.read.read_count == built.read.file_count


def a_file_instead(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("")


def a_link_to_nowhere(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.symlink_to("/nowhere/fragments")


def a_link_to_a_folder_in_it(folder: Path) -> None:
    (folder / "link").symlink_to(folder.parent.parent / "seeds")


@pytest.mark.parametrize("damage", [a_file_instead, a_link_to_nowhere, a_link_to_a_folder_in_it])
def test_whatever_stands_in_the_place_of_fragments_a_build_publishes(
    damage: Callable[[Path], None], place: BuiltCopy
) -> None:
    damage(place.warehouse.fragments_folder)
    place.edit("new")
    assert place.build().is_new
    assert place.warned == []
    assert (place.folder / "seeds" / "new.txt").exists()
    assert not place.build().is_new
    assert {item.name[:6] for item in place.warehouse.fragments_folder.iterdir() if not item.is_dir()} == {
        "files-",
        "last-b",
    }


# Names of folders -----------------------------------------------------------------------------------------------------


def test_folders_named_like_patterns_and_partitions_are_folders_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.sources.interface.RACY_NS", 0)
    monkeypatch.setattr("pipeline.warehouse.database.build_database.__defaults__", (1,))  # Larger tables are views.
    folder = tmp_path.joinpath("news[1]", "a*", "**", "{a,b}", "[", "title=1", "it's", "50%20", "a b")
    place = BuiltCopy(folder, Warehouse(folder / "warehouse"), [])
    shutil.copytree(PROJECT_FOLDER / "seeds", place.folder / "seeds")
    place.build()
    place.edit("new")
    assert place.build().read.read_count == 1
    assert examine(place.warehouse) == []
    assert place.warned == []
    with open_database(place.warehouse.current().database, Access(safe=True)) as connection:
        assert [(title,) for title in place.titles()] == connection.sql(TITLES).fetchall()


def test_a_folder_with_a_question_mark_is_read_but_not_written(tmp_path: Path) -> None:
    place = BuiltCopy(tmp_path / "what?", Warehouse(tmp_path / "warehouse"), [])
    shutil.copytree(PROJECT_FOLDER / "seeds", place.folder / "seeds")
    assert place.build().is_new
    with pytest.raises(InputError, match="has a question mark, and DuckDB cannot write there; give another folder"):
        Warehouse(tmp_path / "what?" / "warehouse")


# Clocks, masks, leftovers, growth -------------------------------------------------------------------------------------


def test_snapshots_follow_each_other_whatever_the_clock_says(place: BuiltCopy, monkeypatch: pytest.MonkeyPatch) -> None:
    import pipeline.build as module

    class Clock(module.datetime):
        @classmethod
        def now(cls, tz: object = None) -> module.datetime:  # type: ignore[override]
            return cls(2001, 1, 1, tzinfo=module.UTC)

    first = place.warehouse.current()
    monkeypatch.setattr(module, "datetime", Clock)  # It went back, and stands still from here on.
    built = [place.build(FULL).snapshot for _ in range(2)]
    assert [snapshot.name for snapshot in place.warehouse.snapshots()] == [
        *(snapshot.name for snapshot in reversed(built)),
        first.name,
    ]
    assert len({snapshot.name for snapshot in built}) == 2
    assert all(snapshot.name.startswith("20010101T00000000") for snapshot in built)
    assert place.warehouse.find(None).name == built[0].name


def test_nobody_else_can_write_to_a_warehouse_whatever_the_mask(tmp_path: Path, place: BuiltCopy) -> None:
    mask = os.umask(0)
    try:
        warehouse = Warehouse(tmp_path / "open" / "warehouse")
        build_warehouse(warehouse, place.sources, replace(ONE_PROCESS, processes=2))
        assert os.umask(0) == 0
    finally:
        os.umask(mask)
    made = [warehouse.folder, *warehouse.folder.rglob("*")]
    assert [item for item in made if not item.is_symlink() and item.stat().st_mode & 0o002] == []


def test_links_that_a_killed_build_left_are_removed_by_the_next(place: BuiltCopy) -> None:
    for name in (".current.123", ".warehouse.duckdb.123"):
        (place.warehouse.folder / name).symlink_to("snapshots/none")
    place.edit("new")
    place.build()
    assert list(place.warehouse.folder.glob(".*.123")) == []


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        (Retention(), 4),
        (Retention(count=2), 4),
        (Retention(count=2, age=timedelta()), 2),
        (Retention(count=0, age=timedelta()), 1),
        (Retention(byte_count=0), 1),
    ],
)
def test_snapshots_are_kept_by_number_age_and_size(keep: Retention, expected: int, place: BuiltCopy) -> None:
    current = [place.same_again() for _ in range(3)][-1]
    with place.warehouse.lock(0):
        assert place.warehouse.clean_up(keep) == []
    assert len(place.warehouse.snapshots()) == len(list(place.warehouse.snapshots_folder.iterdir())) == expected
    assert place.warehouse.snapshots()[0] == current


def test_the_snapshot_that_a_build_replaces_stays_for_those_who_read_it_until_the_next_build(place: BuiltCopy) -> None:
    first = place.warehouse.current()
    place.same_again()
    with place.warehouse.lock(0):
        place.warehouse.rollback(first.name)
    keeps_one = replace(ONE_PROCESS, keep=Retention(count=1, age=timedelta()))
    built = []
    for name in ("one", "two"):
        place.edit(name)
        built.append(place.build(keeps_one).snapshot.name)
        expected = [*reversed(built)] if len(built) == 2 else [*built, first.name]
        assert [snapshot.name for snapshot in place.warehouse.snapshots()] == expected


def test_a_limit_on_size_counts_what_snapshots_share_once(place: BuiltCopy) -> None:
    def on_disk(snapshots: list[Snapshot]) -> int:
        files = [file.stat() for snapshot in snapshots for file in snapshot.folder.rglob("*.*") if file.is_file()]
        assert len({status.st_ino for status in files}) < len(files)
        return sum({status.st_ino: status.st_size for status in files}.values())

    place.same_again()
    both = place.warehouse.snapshots()
    assert len(both) == 2
    for limit, expected in ((on_disk(both), 2), (on_disk(both) - 1, 1)):
        with place.warehouse.lock(0):
            assert place.warehouse.clean_up(Retention(byte_count=limit)) == []
        assert len(place.warehouse.snapshots()) == expected


def test_the_environment_says_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_KEEP_COUNT", "2")
    monkeypatch.setenv("BROADSHEET_KEEP_DAYS", "0.5")
    monkeypatch.setenv("BROADSHEET_KEEP_BYTES", "1e9")
    assert Options(Limits()).keep == Retention(2, timedelta(hours=12), 1_000_000_000)
    monkeypatch.setenv("BROADSHEET_KEEP_DAYS", "many")
    with pytest.raises(InputError, match="BROADSHEET_KEEP_DAYS is 'many'; give a number from 0 on"):
        Options()
