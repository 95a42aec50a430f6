"""The folder `warehouse/`: snapshots, the pointer to the current one, the lock.

    warehouse/snapshots/<utc>-<id>/    tables as Parquet, marts/, views/, warehouse.duckdb, manifest.json; read-only
    warehouse/current                  link to the snapshot that readers should use
    warehouse/warehouse.duckdb         link through `current`

A build writes into a new folder below snapshots/, which is no snapshot until its manifest.json is there, and becomes
visible by one atomic replacement of the link `current`. Whatever happens before leaves readers with what they have.
A folder whose manifest.json is lost or damaged is no snapshot, either: it is passed over, and removed when it is old.
"""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from pipeline.errors import BusyError, InputError, is_full_disk
from pipeline.settings import Retention, default_warehouse
from pipeline.sources.names import bytes_as_text
from pipeline.sources.own_folders import FRAGMENTS, SNAPSHOTS, mark_own
from pipeline.warehouse.record import DATABASE, SnapshotRecord

MANIFEST = "manifest.json"
_STAGED = ".staged"
_REFUSED = ".refused"
_NAME_TIME = "%Y%m%dT%H%M%S%f"


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

    def changed_files(self) -> list[str]:
        """Paths of the published files that are gone or not as they were written. Files of unchanged size and time are
        not opened."""
        return [path for path, stored in self.record.files.items() if not stored.is_as_stored(self.folder / path)]


class Warehouse:
    """One warehouse folder."""

    def __init__(self, folder: Path) -> None:
        """Raises `InputError` when the path is not text, because other programs would not find the files, and when it
        has a question mark, because DuckDB takes what follows for something else and writes its log elsewhere."""
        self.folder = folder.absolute()
        if bytes_as_text(str(self.folder)) != str(self.folder):
            raise InputError(
                f"the path of the warehouse {bytes_as_text(str(self.folder))} is not UTF-8 text; give another folder"
            )
        if "?" in str(self.folder):
            raise InputError(
                f"the path of the warehouse {self.folder} has a question mark, and DuckDB cannot write there; give "
                "another folder"
            )
        self.snapshots_folder = self.folder / SNAPSHOTS
        self.fragments_folder = self.folder / FRAGMENTS
        self._current = self.folder / "current"

    # Reading ----------------------------------------------------------------------------------------------------------

    def snapshots(self) -> list[Snapshot]:
        """All published snapshots, latest first."""
        current = self._current_name()
        found = [
            Snapshot(folder.name, folder, folder.name == current, record)
            for folder in self._folders()
            if (record := _record_of(folder)) is not None
        ]
        return sorted(found, key=lambda snapshot: (snapshot.record.sequence, snapshot.name), reverse=True)

    @property
    def is_default(self) -> bool:
        """It is the one that commands take when they are not told which."""
        return self.folder == default_warehouse().absolute()

    def damaged(self) -> list[Path]:
        """Folders of snapshots whose manifest is lost, damaged or of another version of Broadsheet, latest first."""
        return sorted(
            (folder for folder in self._folders() if not _is_staged(folder) and _record_of(folder) is None),
            reverse=True,
        )

    def current(self) -> Snapshot:
        """The published snapshot. Raises `InputError` when there is none, which says whether others are whole."""
        if (current := self.current_or_none()) is not None:
            return current
        if others := self.snapshots():
            raise InputError(
                f"{self._current} does not lead to a whole snapshot, but {others[0].name} is whole; publish it again "
                "with broadsheet rollback, or make a new one with broadsheet build"
            )
        if self.damaged():
            raise InputError(
                f"no snapshot in {self.snapshots_folder} has a manifest that this version of Broadsheet can read; make "
                "a new one with broadsheet build"
            )
        option = "" if self.is_default else f" --warehouse {shlex.quote(str(self.folder))}"
        raise InputError(f"nothing is built in {self.folder} yet; run: broadsheet build{option}")

    def current_or_none(self) -> Snapshot | None:
        """The published snapshot; None when there is none, or when `current` does not lead to a whole one."""
        name = self._current_name()
        record = _record_of(self.snapshots_folder / name) if name else None
        return Snapshot(name, self.snapshots_folder / name, True, record) if name and record else None

    def next_sequence(self) -> int:
        """The place in the order of snapshots that follows all that are there."""
        return max((snapshot.record.sequence for snapshot in self.snapshots()), default=0) + 1

    def find(self, name: str | None) -> Snapshot:
        """The snapshot with this part of a name; without one, the snapshot before the current, or the latest where
        `current` does not lead to one.

        Raises `InputError` when there is none, or when several match.
        """
        snapshots = self.snapshots()
        if not snapshots:
            self.current()  # Says why.
        if name is None:
            place = next((number for number, snapshot in enumerate(snapshots) if snapshot.is_current), -1)
            if place + 1 == len(snapshots):
                raise InputError(f"there is no snapshot before {snapshots[place].name}; see: broadsheet snapshots")
            return snapshots[place + 1]
        matching = [snapshot for snapshot in snapshots if name in snapshot.name]
        if len(matching) != 1:
            problem = "no snapshot matches" if not matching else f"{len(matching)} snapshots match"
            raise InputError(f"{problem} {name!r}; see: broadsheet snapshots")
        return matching[0]

    def _current_name(self) -> str | None:
        """Where `current` leads, if it is a link to a folder of `snapshots_folder`."""
        try:
            target = self.folder / self._current.readlink()
            return target.name if target.parent.samefile(self.snapshots_folder) else None
        except OSError:
            return None

    def _folders(self) -> list[Path]:
        try:
            return [item for item in self.snapshots_folder.iterdir() if item.is_dir() and not item.is_symlink()]
        except (FileNotFoundError, NotADirectoryError):
            return []

    # Writing ----------------------------------------------------------------------------------------------------------

    @contextmanager
    def lock(self, wait_seconds: float, on_wait: Callable[[str], None] = lambda message: None) -> Iterator[None]:
        """Hold the warehouse for one build. Waits for another one, saying so once; killed holders leave no lock.

        Raises `BusyError` when it still holds after `wait_seconds`, and `InputError` when the folder cannot be written.
        """
        holder = self.folder / ".lock-holder"
        with _closed_to_others():
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                mark_own(self.folder)
                lock = self._acquired_lock(holder, wait_seconds, on_wait)
            except OSError as error:
                if is_full_disk(error):
                    raise
                raise InputError(
                    f"the warehouse {self.folder} cannot be written ({error.strerror}); give another folder"
                ) from None
            try:
                with suppress(OSError):  # Who holds the lock is told as a courtesy.
                    holder.write_text(f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
                yield
            finally:
                with suppress(OSError):
                    holder.unlink(missing_ok=True)
                lock.release()

    def _acquired_lock(self, holder: Path, wait_seconds: float, on_wait: Callable[[str], None]) -> BaseFileLock:
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            who = _text_of(holder) or "another process"
            on_wait(f"another build holds {self.folder} ({who}); waiting up to {wait_seconds:.0f} seconds")
            try:
                lock.acquire(timeout=wait_seconds)
            except Timeout:
                raise BusyError(
                    f"another build holds {self.folder} ({who}); run this again when it has ended"
                ) from None
        return lock

    def stage(self, built_at: datetime, fingerprint: str) -> Path:
        """A new folder for a snapshot, named by when it is built (to the millisecond, the next free one where a clock
        stands still) and the first digits of what it is built from; whatever killed builds have left is removed. Only
        with the lock."""
        self.snapshots_folder.mkdir(parents=True, exist_ok=True)
        self.clear_staging()
        while (staging := self.snapshots_folder / _snapshot_name(built_at, fingerprint)).exists():
            built_at += timedelta(milliseconds=1)
        staging.mkdir()
        (staging / _STAGED).touch()
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
        for folder in self.staged():
            if not (keep_refused and (folder / _REFUSED).exists()):
                shutil.rmtree(folder, ignore_errors=True)

    def staged(self) -> list[Path]:
        """Folders that a build works in, or left when it was killed or refused."""
        return [folder for folder in self._folders() if _is_staged(folder)]

    def publish(self, staging: Path, record: SnapshotRecord) -> Snapshot:
        """Make a staged folder the current snapshot: sync to disk, manifest, flip. Only with the lock."""
        for file in staging.rglob("*"):
            if file.is_file():
                file.chmod(0o444)
            _sync(file)
        unfinished = staging / f".{MANIFEST}"
        unfinished.write_text(record.to_json())
        unfinished.chmod(0o444)
        _sync(unfinished)
        unfinished.rename(staging / MANIFEST)
        (staging / _STAGED).unlink(missing_ok=True)
        _sync(staging)
        _sync(self.snapshots_folder)
        self._point_to(staging.name)
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

    def clean_up(self, keep: Retention, replaced: Snapshot | None = None) -> list[str]:
        """Remove the snapshots that are not to be kept, damaged ones when they are old, and links that killed builds
        left. The one that was `replaced` just now stays: readers may still be in it. Returns a sentence for each that
        cannot be removed. Only with the lock."""
        problems: list[str] = []
        for leftover in self.leftover_links():
            _remove(leftover, problems)
        now, current = datetime.now(UTC), self._current_name()
        stays = {current, replaced.name if replaced else current}
        kept_files: set[tuple[int, int, int]] = set()
        for number, snapshot in enumerate(self.snapshots()):
            kept_files |= _files_of(snapshot.folder)
            is_old = number >= keep.count and now - snapshot.record.built_at > keep.age
            is_too_much = keep.byte_count is not None and sum(size for _, _, size in kept_files) > keep.byte_count
            if snapshot.name not in stays and (is_old or is_too_much):
                _remove_snapshot(snapshot.folder, problems)
        for folder in self.damaged():
            if folder.name != current and now - _time_of(folder) > keep.age:
                _remove_snapshot(folder, problems)
        return problems

    def leftover_links(self) -> list[Path]:
        """Links that a build made to replace `current` or the database, and was killed before it did."""
        return [
            item
            for link in (self._current.name, DATABASE)
            for item in self.folder.glob(f".{link}.*")
            if item.is_symlink()
        ]


@contextmanager
def _closed_to_others() -> Iterator[None]:
    """Whatever mask the process was given, what it makes can be written to by owner and group at most."""
    mask = os.umask(stat.S_IWOTH)
    os.umask(mask | stat.S_IWOTH)
    try:
        yield
    finally:
        os.umask(mask)


def _snapshot_name(built_at: datetime, fingerprint: str) -> str:
    return f"{built_at:%Y%m%dT%H%M%S}{built_at.microsecond // 1000:03d}Z-{fingerprint[:8]}"


def mark_refused(staging: Path) -> None:
    """Note that a check keeps a staged folder from being published, so that it stays for people to look at."""
    (staging / _REFUSED).touch()


def _record_of(folder: Path) -> SnapshotRecord | None:
    """The record of a snapshot; None when the folder is none, a damaged one, or of another version of Broadsheet."""
    try:
        return SnapshotRecord.from_json((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _is_staged(folder: Path) -> bool:
    """Whether a folder was staged and never published; one that lost its manifest was."""
    if os.path.lexists(folder / MANIFEST):
        return False
    return (folder / _STAGED).exists() or next(folder.iterdir(), None) is None


def _time_of(folder: Path) -> datetime:
    """When a damaged snapshot was built, by its name, or else by the time of its folder."""
    try:
        return datetime.strptime(folder.name.partition("Z")[0], _NAME_TIME).replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(folder.stat().st_mtime, UTC)


def _files_of(folder: Path) -> set[tuple[int, int, int]]:
    """The files of a snapshot as they lie on disk: device, number and bytes; those that snapshots share are equal."""
    found = (file.lstat() for file in folder.rglob("*"))
    return {(each.st_dev, each.st_ino, each.st_size) for each in found if stat.S_ISREG(each.st_mode)}


def _remove_snapshot(folder: Path, problems: list[str]) -> None:
    try:
        # Without its manifest and with this mark it is staged, also when this is interrupted.
        (folder / _STAGED).touch()
        (folder / MANIFEST).unlink(missing_ok=True)
    except OSError:
        pass  # It says below why.
    _remove(folder, problems)


def _remove(item: Path, problems: list[str]) -> None:
    try:
        shutil.rmtree(item) if item.is_dir() and not item.is_symlink() else item.unlink()
    except OSError as error:
        problems.append(f"{item} cannot be removed ({error.strerror}); remove it as its owner")


def _text_of(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _replace_link(link: Path, target: str) -> None:
    temporary = link.with_name(f".{link.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    if link.is_dir() and not link.is_symlink():
        # Someone's folder stands where the link belongs; what is in it may be all that they have.
        link.rename(link.with_name(f"{link.name}.aside-{time.time_ns()}"))
    temporary.replace(link)


def _sync(item: Path) -> None:
    descriptor = os.open(item, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
