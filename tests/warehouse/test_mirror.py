"""Mirrors in an object store: what readers see while snapshots come, go, collide and fail."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
import pytest
from click.testing import CliRunner

from pipeline.errors import BusyError, InputError, StoreError
from pipeline.settings import Retention
from pipeline.terminal.cli import main
from pipeline.warehouse import mirror as mirror_module
from pipeline.warehouse.mirror import Mirrored, mirror
from pipeline.warehouse.record import DATABASE, StoredFile, StoredTable
from pipeline.warehouse.snapshots import MANIFEST, Snapshot
from tests.helpers.object_store import Endpoint, Fault

KEEP = Retention()


class Place:
    """A mirror below a prefix, and small snapshots to copy there."""

    def __init__(self, endpoint: Endpoint, folder: Path, model: Snapshot) -> None:
        self.endpoint = endpoint
        self.address = f"{endpoint.bucket}/mirror"
        self.folder = folder
        self.model = model

    def snapshot(self, name: str, articles: bytes, providers: bytes = b"the same in all") -> Snapshot:
        """A published snapshot of two tables with these bytes."""
        folder = self.folder / "snapshots" / name
        folder.mkdir(parents=True)
        tables: dict[str, StoredTable] = {}
        for table, content in (("articles", articles), ("providers", providers)):
            (folder / f"{table}.parquet").write_bytes(content)
            stored = StoredFile.of(folder / f"{table}.parquet")
            tables[table] = StoredTable(stored.byte_count, stored.modified_ns, stored.content_hash, 1, 0.1, ())
        (folder / DATABASE).write_bytes(b"database of " + articles)
        record = replace(
            self.model.record, tables=tables, marts={}, views={}, database=StoredFile.of(folder / DATABASE)
        )
        (folder / MANIFEST).write_text(record.to_json())
        return Snapshot(name, folder, True, record)

    def mirror(self, snapshot: Snapshot, keep: Retention = KEEP, **watchers: Any) -> Mirrored:
        return mirror(snapshot, self.address, keep, **watchers)

    def get(self, path: str) -> bytes:
        return obstore.get(self.endpoint.store(), f"mirror/{path}").bytes().to_bytes()

    def pointer(self) -> dict[str, Any]:
        return json.loads(self.get("current.json"))

    def folders(self) -> set[str]:
        found = obstore.list(self.endpoint.store(), "mirror/snapshots").collect()
        return {each["path"].split("/")[2].partition(".")[0] for each in found}

    def holds(self, snapshot: Snapshot) -> bool:
        """Whether the pointer leads to this snapshot with all its bytes."""
        pointer = self.pointer()
        files = [*snapshot.record.files, MANIFEST]
        same = [self.get(f"{pointer['folder']}/{path}") == (snapshot.folder / path).read_bytes() for path in files]
        return pointer["snapshot"] == snapshot.name and all(same)


@pytest.fixture
def place(endpoint: Endpoint, tmp_path: Path, seed_snapshot: Snapshot) -> Place:
    return Place(endpoint, tmp_path, seed_snapshot)


def test_a_snapshot_is_copied_and_what_is_there_is_not_sent_again(place: Place) -> None:
    first, second = place.snapshot("first", b"1"), place.snapshot("second", b"2")
    mirrored = place.mirror(first)
    assert (mirrored.is_new, mirrored.before, mirrored.sent_count, mirrored.present_count) == (True, None, 4, 0)
    assert place.holds(first)
    again = place.mirror(second)
    # The providers are the same.
    assert (again.is_new, again.before, again.sent_count, again.present_count) == (True, "first", 3, 1)
    assert place.holds(second)
    assert place.folders() == {"first", "second"}
    place.endpoint.requests.clear()
    assert not place.mirror(second).is_new
    assert not [request for request in place.endpoint.requests if not request.startswith("GET")]


def test_an_earlier_snapshot_becomes_current_again_without_sending(place: Place) -> None:
    first, second = place.snapshot("first", b"1"), place.snapshot("second", b"2")
    place.mirror(first)
    place.mirror(second)
    assert place.mirror(first).sent_count == 0
    assert place.holds(first)
    assert [earlier["snapshot"] for earlier in place.pointer()["earlier"]] == ["second"]


def test_a_mirror_that_someone_took_a_file_from_is_made_whole(place: Place) -> None:
    first = place.snapshot("first", b"1")
    place.mirror(first)
    obstore.delete(place.endpoint.store(), f"mirror/{place.pointer()['folder']}/articles.parquet")
    assert place.mirror(first).is_new
    assert place.holds(first)


def test_of_two_mirrors_at_once_one_wins_and_the_other_says_so(place: Place) -> None:
    snapshots = [place.snapshot(f"snapshot{number}", b"%d" % number) for number in range(4)]
    before = place.snapshot("before", b"0")
    place.mirror(before)
    all_have_begun = threading.Barrier(len(snapshots), timeout=60)

    def run(snapshot: Snapshot) -> Snapshot | str:
        waits = iter([all_have_begun.wait])  # At its first file, each has read the pointer.
        try:
            place.mirror(snapshot, progress=lambda *_: next(waits, lambda: None)())
        except BusyError as error:
            return str(error)
        return snapshot

    with ThreadPoolExecutor(len(snapshots)) as pool:
        results = list(pool.map(run, snapshots))
    [winner] = [result for result in results if isinstance(result, Snapshot)]
    assert place.holds(winner)
    losers = [result for result in results if isinstance(result, str)]
    assert len(losers) == 3
    assert all(f"another mirror was faster: {place.address} now has {winner.name}" in loser for loser in losers)
    # What they sent is not named by the pointer, and the next turn works.
    assert [earlier["snapshot"] for earlier in place.pointer()["earlier"]] == ["before"]
    place.mirror(before)
    assert place.holds(before)


def test_of_two_first_mirrors_one_wins(place: Place) -> None:
    first, second = place.snapshot("first", b"1"), place.snapshot("second", b"2")
    others = iter([second])

    def mirror_others(done: int, total: int) -> None:
        with ThreadPoolExecutor(1) as pool:
            list(pool.map(place.mirror, others))

    with pytest.raises(BusyError, match="now has second"):
        place.mirror(first, progress=mirror_others)
    assert place.holds(second)


@pytest.mark.parametrize("kind", ["lost", "truncated"])
@pytest.mark.parametrize("times", [1, -1])
def test_a_turn_whose_answer_is_lost_is_found_to_be_done(place: Place, kind: str, times: int) -> None:
    first, second = place.snapshot("first", b"1"), place.snapshot("second", b"2")
    for snapshot in (first, second):
        place.endpoint.faults = [Fault(kind, "current.json", times, method="PUT")]
        assert place.mirror(snapshot).is_new
        assert place.holds(snapshot)


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        ("error", "articles", "which still has what it had: it fails; try again later"),
        ("slow_down", "articles", "which still has what it had: it is too busy and asks to slow down"),
        ("denied", "articles", "which still has what it had: it denies access"),
        ("lost", "articles", "which still has what it had: it does not answer"),
        ("garbled", "articles", "does not have the bytes that were sent; the pointer is not turned"),
        ("error", "current.json", "and still has what it had: it fails; try again later"),
        ("denied", "current.json", "and still has what it had: it denies access"),
        ("hang", "current.json", "and still has what it had: it does not answer"),
    ],
)
def test_a_mirror_that_fails_leaves_what_was_there(
    place: Place, kind: str, text: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = place.snapshot("first", b"12"), place.snapshot("second", b"21")
    place.mirror(first)
    if kind == "hang":
        monkeypatch.setattr("pipeline.stores.TIMEOUTS", {"read_timeout": "3s"})
    place.endpoint.faults = [Fault(kind, text, method="PUT")]
    with pytest.raises(StoreError, match=sentence):
        place.mirror(second)
    place.endpoint.faults = []
    assert place.holds(first)
    place.mirror(second)
    assert place.holds(second)


def test_a_mirror_that_ends_half_way_leaves_what_was_there(place: Place) -> None:
    def stop(done: int, total: int) -> None:
        raise RuntimeError("stopped")

    first, second = place.snapshot("first", b"1"), place.snapshot("second", b"2")
    place.mirror(first)
    with pytest.raises(RuntimeError, match="stopped"):
        place.mirror(second, progress=stop)
    assert place.holds(first)


def test_a_damaged_snapshot_is_not_copied(place: Place) -> None:
    first = place.snapshot("first", b"1")
    (first.folder / "articles.parquet").write_bytes(b"2")
    with pytest.raises(InputError, match=r"articles.parquet of first does not have the bytes .*doctor --repair"):
        place.mirror(first)
    (first.folder / "articles.parquet").unlink()
    with pytest.raises(InputError, match=r"articles.parquet of first cannot be read \(No such file"):
        place.mirror(first)
    with pytest.raises(FileNotFoundError):
        place.pointer()


def test_what_is_no_pointer_is_not_overwritten(place: Place) -> None:
    obstore.put(place.endpoint.store(), "mirror/current.json", b'{"mine": 1}')
    with pytest.raises(InputError, match=r"not the pointer of a mirror: .*; give another prefix, or remove it"):
        place.mirror(place.snapshot("first", b"1"))
    assert place.get("current.json") == b'{"mine": 1}'


def test_earlier_snapshots_go_when_they_are_old_and_no_reader_can_need_them(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Retention(1, timedelta(0))
    names = [f"snapshot{number}" for number in range(4)]
    snapshots = [place.snapshot(name, name.encode()) for name in names]
    for snapshot in snapshots[:3]:
        place.mirror(snapshot, few)
    # A reader may have read the pointer a moment before it was turned.
    assert place.folders() == set(names[:3])
    monkeypatch.setattr(mirror_module, "READERS_STAY", timedelta(0))
    place.mirror(snapshots[3], few)
    assert place.folders() == {names[2], names[3]}
    assert place.holds(snapshots[3])
    # What is not named any more is sent anew.
    assert place.mirror(snapshots[0], few).sent_count == 3
    assert place.holds(snapshots[0])


def test_bytes_limit_what_stays(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_module, "READERS_STAY", timedelta(0))
    snapshots = [place.snapshot(f"snapshot{number}", bytes(1000 + number)) for number in range(3)]
    for snapshot in snapshots:
        place.mirror(snapshot, Retention(byte_count=4100))
    assert place.folders() == {"snapshot1", "snapshot2"}


def test_what_a_killed_mirror_left_goes_when_it_is_a_day_old(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    obstore.put(place.endpoint.store(), "mirror/snapshots/killed.1234/articles.parquet", b"1")
    place.mirror(place.snapshot("first", b"1"))
    assert place.folders() == {"killed", "first"}
    monkeypatch.setattr(mirror_module, "_ABANDONED", timedelta(seconds=-60))
    place.mirror(place.snapshot("second", b"2"))
    assert place.folders() == {"first", "second"}


def test_what_cannot_be_removed_is_told_and_the_snapshot_is_published(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror_module, "READERS_STAY", timedelta(0))
    snapshots = [place.snapshot(f"snapshot{number}", b"%d" % number) for number in range(3)]
    warnings: list[str] = []
    place.endpoint.faults = [Fault("denied", "?delete")]
    for snapshot in snapshots:
        place.mirror(snapshot, Retention(1, timedelta(0)), warn=warnings.append)
    assert place.holds(snapshots[2])
    [warning] = warnings
    assert warning.startswith(f"what {place.address} does not need any more cannot be removed: it denies access")


def test_readers_that_resolve_the_pointer_once_read_one_snapshot(
    place: Place, s3_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_address)  # Nothing is to fail here.
    snapshots = {name: place.snapshot(name, name.encode(), name.encode()) for name in ("first", "second")}
    place.mirror(snapshots["first"])

    def turn() -> list[bool]:
        return [place.mirror(snapshots[name]).is_new for name in ("second", "first") * 5]

    def look(_: int) -> str:
        pointer = place.pointer()
        tables = {place.get(f"{pointer['folder']}/{table}.parquet").decode() for table in ("articles", "providers")}
        assert tables == {pointer["snapshot"]}
        return pointer["snapshot"]

    with ThreadPoolExecutor(3) as pool:
        turning = pool.submit(turn)
        seen = list(pool.map(look, range(100)))
        assert turning.result() == [True] * 10
    assert set(seen) <= set(snapshots)


def test_the_command_copies_the_current_snapshot(place: Place) -> None:
    first = place.snapshot("first", b"1")
    (place.folder / "current").symlink_to("snapshots/first")

    def run(address: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["mirror", address, "--warehouse", str(place.folder)])
        return result.exit_code, result.output

    assert run(place.address) == (0, f"{place.address} is now first: 4 files sent (0.0 MB), 0 were there\n")
    assert place.holds(first)
    assert run(place.address) == (0, f"{place.address} has first already\n")
    code, output = run("/data")
    assert (code, "is not the address of an object store" in output) == (2, True)
