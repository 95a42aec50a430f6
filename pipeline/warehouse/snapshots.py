"""The folder `warehouse/`: snapshots, the pointer to the current one, the lock.

    warehouse/snapshots/<utc>-<id>/    tables as Parquet, marts/, views/, warehouse.duckdb, manifest.json; read-only
    warehouse/current                  link to the snapshot that readers should use
    warehouse/warehouse.duckdb         link through `current`

A build writes into a new folder below snapshots/, which is no snapshot until its manifest.json is there, and becomes
visible by one atomic replacement of the link `current`. Whatever happens before leaves readers with what they have.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from pipeline.errors import BusyError, InputError
from pipeline.sources.names import bytes_as_text
from pipeline.sources.own_folders import FRAGMENTS, SNAPSHOTS, mark_own
from pipeline.warehouse.record import SnapshotRecord

DATABASE = "warehouse.duckdb"
MANIFEST = "manifest.json"
_REFUSED = ".refused"
#: Snapshots that clean-up leaves alone: the latest ones, and any that a reader may still have open.
_KEEP_COUNT = 5
_KEEP_AGE = timedelta(days=1)


@dataclass(frozen=True)
class Snapshot:
    """One published state of the warehouse. `record` is what its manifest.json says."""

    name: str
    folder: Path
    is_current: bool
    record: SnapshotRecord

    @property
    def database(self) -> Path:
        return self.folder / DATABASE

    def table(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"


class Warehouse:
    """One warehouse folder."""

    def __init__(self, folder: Path) -> None:
        """Raises `InputError` when the path is not text: other programs would not find the files."""
        self.folder = folder.absolute()
        if bytes_as_text(str(self.folder)) != str(self.folder):
            raise InputError(
                f"the path of the warehouse {bytes_as_text(str(self.folder))} is not UTF-8 text; give another folder"
            )
        self.snapshots_folder = self.folder / SNAPSHOTS
        self.fragments_folder = self.folder / FRAGMENTS
        self._current = self.folder / "current"

    # Reading ----------------------------------------------------------------------------------------------------------

    def snapshots(self) -> list[Snapshot]:
        """All published snapshots, latest first."""
        current = self._current_name()
        folders = sorted(self.snapshots_folder.glob("*/"), reverse=True) if self.snapshots_folder.exists() else []
        return [
            Snapshot(folder.name, folder, folder.name == current, record)
            for folder in folders
            if (record := _record_of(folder)) is not None
        ]

    def current(self) -> Snapshot:
        """The published snapshot. Raises `InputError` when there is none yet."""
        name = self._current_name()
        folder = self.snapshots_folder / name if name else None
        record = _record_of(folder) if folder else None
        if name is None or folder is None or record is None:
            raise InputError(f"nothing is built in {self.folder} yet; run: broadsheet build")
        return Snapshot(name, folder, True, record)

    def current_or_none(self) -> Snapshot | None:
        try:
            return self.current()
        except InputError:
            return None

    def find(self, name: str | None) -> Snapshot:
        """The snapshot with this part of a name; without one, the snapshot before the current.

        Raises `InputError` when there is none, or when several match.
        """
        snapshots = self.snapshots()
        current = self.current()
        if name is None:
            before = next((snapshot for snapshot in snapshots if snapshot.name < current.name), None)
            if before is None:
                raise InputError(f"there is no snapshot before {current.name}; see: broadsheet snapshots")
            return before
        matching = [snapshot for snapshot in snapshots if name in snapshot.name]
        if len(matching) != 1:
            problem = "no snapshot matches" if not matching else f"{len(matching)} snapshots match"
            raise InputError(f"{problem} {name!r}; see: broadsheet snapshots")
        return matching[0]

    def _current_name(self) -> str | None:
        try:
            return self._current.readlink().name
        except OSError:
            return None

    # Writing ----------------------------------------------------------------------------------------------------------

    @contextmanager
    def lock(self, wait_seconds: float, on_wait: Callable[[str], None] = lambda message: None) -> Iterator[None]:
        """Hold the warehouse for one build. Waits for another one, saying so once; killed holders leave no lock.

        Raises `BusyError` when it still holds after `wait_seconds`, and `InputError` when the folder cannot be written.
        """
        holder = self.folder / ".lock-holder"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            mark_own(self.folder)
            lock = self._acquired_lock(holder, wait_seconds, on_wait)
        except OSError as error:
            raise InputError(
                f"the warehouse {self.folder} cannot be written ({error.strerror}); give another folder"
            ) from None
        try:
            holder.write_text(f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
            yield
        finally:
            holder.unlink(missing_ok=True)
            lock.release()

    def _acquired_lock(self, holder: Path, wait_seconds: float, on_wait: Callable[[str], None]) -> BaseFileLock:
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            who = holder.read_text() if holder.exists() else "another process"
            on_wait(f"another build holds {self.folder} ({who}); waiting up to {wait_seconds:.0f} seconds")
            try:
                lock.acquire(timeout=wait_seconds)
            except Timeout:
                raise BusyError(
                    f"another build holds {self.folder} ({who}); run this again when it has ended"
                ) from None
        return lock

    def stage(self, name: str) -> Path:
        """A new, empty folder for a snapshot; whatever killed builds have left is removed. Only with the lock."""
        self.snapshots_folder.mkdir(parents=True, exist_ok=True)
        self.clear_staging()
        staging = self.snapshots_folder / name
        staging.mkdir()
        return staging

    def refused_database(self) -> Path:
        """The DuckDB file that the last build made and a check refused; the next build removes it.

        Raises `InputError` when no build was refused.
        """
        refused = list(self.snapshots_folder.glob(f"*/{_REFUSED}"))
        if not refused:
            raise InputError(f"no check has refused the last build of {self.folder}; leave --refused out")
        return max(refused).with_name(DATABASE)

    def clear_staging(self, keep_refused: bool = False) -> None:
        """Remove what was staged and not published, or all of it but what `mark_refused` marked. Only with the lock."""
        for folder in self.snapshots_folder.glob("*/"):
            if not (folder / MANIFEST).exists() and not (keep_refused and (folder / _REFUSED).exists()):
                shutil.rmtree(folder)

    def publish(self, staging: Path, record: SnapshotRecord) -> Snapshot:
        """Make a staged folder the current snapshot: sync to disk, manifest, flip, clean up."""
        for file in staging.rglob("*"):
            if file.is_file():
                file.chmod(0o444)
            _sync(file)
        unfinished = staging / f".{MANIFEST}"
        unfinished.write_text(record.to_json())
        unfinished.chmod(0o444)
        _sync(unfinished)
        unfinished.rename(staging / MANIFEST)
        _sync(staging)
        _sync(self.snapshots_folder)
        self._point_to(staging.name)
        self._clean_up()
        return Snapshot(staging.name, staging, True, record)

    def rollback(self, name: str | None = None) -> Snapshot:
        """Point to another snapshot, as `find` finds it. Nothing is copied or removed. Only with the lock."""
        target = self.find(name)
        self._point_to(target.name)
        return Snapshot(target.name, target.folder, True, target.record)

    def _point_to(self, name: str) -> None:
        _replace_link(self._current, f"{SNAPSHOTS}/{name}")
        _replace_link(self.folder / DATABASE, f"current/{DATABASE}")
        _sync(self.folder)

    def _clean_up(self) -> None:
        snapshots = self.snapshots()
        limit = datetime.now(UTC) - _KEEP_AGE
        for snapshot in snapshots[_KEEP_COUNT:]:
            if not snapshot.is_current and snapshot.record.built_at < limit:
                # Without its manifest it is no snapshot any more, also when this is interrupted.
                (snapshot.folder / MANIFEST).unlink()
                shutil.rmtree(snapshot.folder)


def snapshot_name(built_at: datetime, fingerprint: str) -> str:
    """Name of a snapshot: when it was built, to the millisecond, and the first digits of what it was built from."""
    return f"{built_at:%Y%m%dT%H%M%S}{built_at.microsecond // 1000:03d}Z-{fingerprint[:8]}"


def mark_refused(staging: Path) -> None:
    """Note that a check keeps a staged folder from being published, so that it stays for people to look at."""
    (staging / _REFUSED).touch()


def _record_of(folder: Path) -> SnapshotRecord | None:
    """The record of a snapshot; None when the folder is none, or one of another version of Broadsheet."""
    try:
        return SnapshotRecord.from_json((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _replace_link(link: Path, target: str) -> None:
    temporary = link.with_name(f".{link.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)


def _sync(item: Path) -> None:
    descriptor = os.open(item, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
