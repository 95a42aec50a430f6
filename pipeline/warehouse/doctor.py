"""Is a warehouse what it says it is? Every byte against its hash, keys and laws, links, leftovers and permissions; and
how to heal what is not: from the sources, from whole snapshots, or by leaving out what nobody needs."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipeline.entries.store import damaged_items
from pipeline.errors import BroadsheetError
from pipeline.schema.tables import TABLES
from pipeline.warehouse.checks import run_checks
from pipeline.warehouse.parquet import validate
from pipeline.warehouse.record import DATABASE, file_hash
from pipeline.warehouse.snapshots import Snapshot, Warehouse


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be: what, where, what it means and what to do about it."""

    what: str
    where: Path
    meaning: str
    remedy: str


def examine(warehouse: Warehouse) -> list[Finding]:
    """Everything in a warehouse that is not as builds leave it. Only with the lock, or where nobody builds."""
    return [
        *_links(warehouse),
        *_damaged_snapshots(warehouse),
        *_laws(warehouse),
        *_leftovers(warehouse),
        *_permissions(warehouse),
        *_fragments(warehouse),
    ]


def repair(warehouse: Warehouse, rebuild: Callable[[Snapshot], object], say: Callable[[str], None]) -> None:
    """Heal what can be healed; `say` hears a sentence for each thing done.

    `rebuild` publishes what the sources of a snapshot hold, and everything anew; where it cannot, the latest whole
    snapshot is published again. Raises `BusyError` when a build holds the warehouse.
    """
    with warehouse.lock(0):
        for finding in (*_leftovers(warehouse), *_fragments(warehouse)):
            _remove(finding.where)
            say(f"{finding.where} is removed")
        for finding in _permissions(warehouse):
            finding.where.chmod(stat.S_IMODE(finding.where.stat().st_mode) & ~stat.S_IWOTH)
            say(f"only its owner and group can write to {finding.where} now")
        current, whole = warehouse.current_or_none(), _whole_snapshots(warehouse)
        if whole and (current is None or next(_links(warehouse), None)):
            say(f"{warehouse.rollback((current or whole[0]).name).name} is current")
            current = warehouse.current()
    if current is not None and (_damage(current) or next(_laws(warehouse), None)):
        try:
            rebuild(current)
            say(f"{warehouse.current().name} is built from the sources of {current.name}")
        except BroadsheetError as error:
            say(f"the sources of {current.name} cannot be built: {error}")
            if whole := _whole_snapshots(warehouse):
                with warehouse.lock(0):
                    say(f"{warehouse.rollback(whole[0].name).name} is current instead")
    with warehouse.lock(0):
        _heal_others(warehouse, say)


def _heal_others(warehouse: Warehouse, say: Callable[[str], None]) -> None:
    """Give damaged snapshots the bytes that others have; those that nothing can heal are removed."""
    whole = {
        stored.content_hash: snapshot.folder / path
        for snapshot in _whole_snapshots(warehouse)
        for path, stored in snapshot.record.files.items()
    }
    for snapshot in warehouse.snapshots():
        lost = _damage(snapshot)
        for path in [path for path in lost if snapshot.record.files[path].content_hash in whole]:
            file, temporary = snapshot.folder / path, snapshot.folder / f"{path}.healed"
            shutil.copy2(whole[snapshot.record.files[path].content_hash], temporary)
            temporary.replace(file)
            say(f"{file} has its bytes again")
            lost.remove(path)
        if lost and not snapshot.is_current and whole:
            shutil.rmtree(snapshot.folder)
            say(f"{snapshot.name} is removed: nothing holds the bytes of its {', '.join(lost)} any more")
    if whole:
        for folder in warehouse.damaged():
            shutil.rmtree(folder)
            say(f"{folder.name} is removed: it has no whole manifest, and others are whole")


def _links(warehouse: Warehouse) -> Iterator[Finding]:
    current = warehouse.folder / "current"
    if warehouse.current_or_none() is None:
        whole = warehouse.snapshots()
        yield Finding(
            "no current snapshot",
            current,
            "it does not lead to a whole snapshot, so that readers find nothing",
            f"broadsheet rollback publishes {whole[0].name} again" if whole else "make one with broadsheet build",
        )
        return
    database = warehouse.folder / DATABASE
    try:
        is_right = database.samefile(current / DATABASE)
    except OSError:
        is_right = not (current / DATABASE).exists()  # That it is gone is told of the snapshot.
    if not is_right:
        yield Finding(
            "link of the database",
            database,
            "it does not lead to the database of the current snapshot: its readers see something else, or nothing",
            "broadsheet doctor --repair",
        )


def _damaged_snapshots(warehouse: Warehouse) -> Iterator[Finding]:
    for folder in warehouse.damaged():
        yield Finding(
            "damaged manifest",
            folder,
            "it is lost, was changed, or is of another version of Broadsheet; no command uses this snapshot",
            "leave it: it is removed when it is old; or broadsheet doctor --repair",
        )
    for snapshot in warehouse.snapshots():
        for path in _damage(snapshot):
            yield Finding(
                "changed file",
                snapshot.folder / path,
                "its bytes are not those that were published, or are gone"
                + ("; readers may see wrong numbers now" if snapshot.is_current else "; a rollback would publish them"),
                "broadsheet build --full, or broadsheet doctor --repair"
                if snapshot.is_current
                else "broadsheet doctor --repair",
            )


def _laws(warehouse: Warehouse) -> Iterator[Finding]:
    """Keys of the tables and the error checks, on a current snapshot that has its bytes."""
    current = warehouse.current_or_none()
    if current is None or _damage(current):
        return
    for name in current.record.tables:
        try:
            if name in TABLES:
                validate(TABLES[name], pl.scan_parquet(current.table(name), glob=False))
        except (ValueError, pl.exceptions.PolarsError) as error:
            yield _broken_law(f"keys of {name}", current, str(error))
    try:
        for result in run_checks(current.database, {}):
            if result.is_error:
                yield _broken_law(f"check {result.query.name}", current, result.sentence)
    except (BroadsheetError, duckdb.Error) as error:
        yield _broken_law("checks", current, str(error).splitlines()[0])


def _broken_law(what: str, current: Snapshot, meaning: str) -> Finding:
    return Finding(
        what, current.folder, meaning, "broadsheet build --full; if it stays, this is an error of Broadsheet"
    )


def _leftovers(warehouse: Warehouse) -> Iterator[Finding]:
    for item in (*warehouse.staged(), *warehouse.leftover_links()):
        yield Finding(
            "leftover",
            item,
            "a build that was killed or refused left it; nobody reads it",
            "the next build removes it, or broadsheet doctor --repair",
        )


def _permissions(warehouse: Warehouse) -> Iterator[Finding]:
    for item in (warehouse.folder, *warehouse.folder.rglob("*")):
        with suppress(OSError):
            if not item.is_symlink() and item.stat().st_mode & stat.S_IWOTH:
                yield Finding(
                    "open to all",
                    item,
                    "every user of this machine can change what readers see",
                    "chmod o-w, or broadsheet doctor --repair",
                )


def _fragments(warehouse: Warehouse) -> Iterator[Finding]:
    for item in damaged_items(warehouse.fragments_folder):
        yield Finding(
            "damaged fragment",
            item,
            "what was kept of documents is not what was read; no build uses it",
            "the next build reads them anew, or broadsheet doctor --repair",
        )


def _damage(snapshot: Snapshot) -> list[str]:
    """Paths of the files whose bytes do not have the hash that was recorded."""

    def is_whole(path: str, content_hash: str) -> bool:
        try:
            return file_hash(snapshot.folder / path) == content_hash
        except OSError:
            return False

    return [path for path, stored in snapshot.record.files.items() if not is_whole(path, stored.content_hash)]


def _whole_snapshots(warehouse: Warehouse) -> list[Snapshot]:
    """Latest first."""
    return [snapshot for snapshot in warehouse.snapshots() if not _damage(snapshot)]


def _remove(item: Path) -> None:
    shutil.rmtree(item) if item.is_dir() and not item.is_symlink() else item.unlink()
