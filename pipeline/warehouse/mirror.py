"""A copy of the current snapshot in an object store, for readers that cannot reach the folder `warehouse/`.

    <prefix>/current.json                             the pointer: one line of JSON
    <prefix>/snapshots/<snapshot>.<digits>/...        the files of a snapshot as in its folder, with manifest.json

A mirror sends files to a folder that nobody knows yet, and then turns the pointer by a conditional write: it succeeds
only when the pointer still is what the mirror read at its start. So of two mirrors at a time one wins, and the pointer
leads to whole snapshots only. It names the earlier snapshots that are still there, too: one that it does not name any
more cannot become current again, and may be removed.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import xxhash

from pipeline.errors import BusyError, InputError, StoreError
from pipeline.settings import Retention
from pipeline.sources.own_folders import MARK, MARK_TEXT, SNAPSHOTS
from pipeline.stores import in_one_sentence, listed, many, open_store
from pipeline.warehouse.record import SnapshotRecord, StoredFile, file_hash
from pipeline.warehouse.snapshots import MANIFEST, Snapshot

if TYPE_CHECKING:
    from obstore import UpdateVersion
    from obstore.store import ObjectStore

POINTER = "current.json"
#: A reader that has read the pointer just before it was turned has so long to open what it names.
READERS_STAY = timedelta(hours=1)
#: A folder that no pointer names and that nothing was written to for so long belongs to no mirror that still works.
_ABANDONED = timedelta(days=1)
#: Large files are sent in parts and read back in as large ones: memory follows the product of these three.
_PART_BYTES = 16_000_000
_PARTS_AT_ONCE = 2
_FILES_AT_ONCE = 4


@dataclass(frozen=True)
class Place:
    """A snapshot in a mirror: its name, its folder below the prefix, its bytes, and since when another one is current;
    None for the current one."""

    snapshot: str
    folder: str
    byte_count: int
    left_at: datetime | None = None


@dataclass(frozen=True)
class Pointer:
    """What `current.json` says: the current snapshot, the earlier ones that are still there (latest first), and digits
    that tell this turn of the pointer from all others."""

    current: Place
    earlier: tuple[Place, ...]
    turn: str

    @property
    def places(self) -> tuple[Place, ...]:
        """All snapshots, the current one first."""
        return self.current, *self.earlier

    def to_json(self) -> str:
        """The text of the pointer, in one line: readers of lines of JSON can read it, too."""
        current = {"snapshot": self.current.snapshot, "folder": self.current.folder}
        return json.dumps(
            current
            | {"manifest": f"{self.current.folder}/{MANIFEST}", "byte_count": self.current.byte_count}
            | {"turn": self.turn, "earlier": [asdict(place) for place in self.earlier]},
            default=datetime.isoformat,
        )

    @staticmethod
    def from_json(text: str) -> Pointer:
        """What `to_json` wrote. Raises `ValueError` for any other text."""
        try:
            values = json.loads(text)
            earlier = tuple(
                Place(**place | {"left_at": datetime.fromisoformat(place["left_at"])}) for place in values["earlier"]
            )
            current = Place(values["snapshot"], values["folder"], values["byte_count"])
            return Pointer(current, earlier, values["turn"])
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"not the pointer of a mirror: {error}") from None


@dataclass(frozen=True)
class Mirrored:
    """What a mirror did: whether it turned the pointer, what was current before, how many files and bytes it sent, and
    how many files were there already."""

    is_new: bool
    before: str | None
    sent_count: int
    sent_byte_count: int
    present_count: int


def mirror(
    snapshot: Snapshot,
    address: str,
    keep: Retention,
    progress: Callable[[int, int], None] = lambda done, total: None,
    warn: Callable[[str], None] = lambda message: None,
) -> Mirrored:
    """Copy a snapshot to an object store, make it the current one there, and remove earlier ones as `keep` says.

    A file whose bytes a snapshot of the mirror has is copied within the store; each other one is sent, read back and
    compared with its hash before the pointer turns. `progress` hears of bytes done and of how many; `warn` of what
    cannot be removed.

    Raises `BusyError` when another mirror turns the pointer meanwhile, `StoreError` when the store fails, and
    `InputError` when the snapshot is not as it was published; the pointer then leads to what it did before.
    """
    return asyncio.run(_mirror(snapshot, address.rstrip("/"), keep, progress, warn))


async def _mirror(
    snapshot: Snapshot,
    address: str,
    keep: Retention,
    progress: Callable[[int, int], None],
    warn: Callable[[str], None],
) -> Mirrored:
    store = open_store(address)
    with in_one_sentence(f"{address} cannot be read"):
        before, version = await _read_pointer(store, address)
        place = await _place_of(store, snapshot, before)
    was = before.current.snapshot if before else None
    mirrored = Mirrored(True, was, 0, 0, len(snapshot.record.files) + 1)
    if before is not None and place == before.current:
        return replace(mirrored, is_new=False)
    if place is None:
        place = Place(
            snapshot.name,
            f"{SNAPSHOTS}/{snapshot.name}.{secrets.token_hex(4)}",
            sum(stored.byte_count for stored in snapshot.record.files.values()),
        )
        with in_one_sentence(f"{snapshot.name} cannot be copied to {address}, which still has what it had"):
            sent = await _send(store, snapshot, place.folder, before, progress)
        mirrored = replace(
            mirrored,
            sent_count=len(sent),
            sent_byte_count=sum(stored.byte_count for stored in sent),
            present_count=mirrored.present_count - len(sent),
        )
    now = datetime.now(UTC)
    earlier = [replace(before.current, left_at=now), *before.earlier] if before else []
    pointer = Pointer(
        replace(place, left_at=None),
        tuple(each for each in _kept(place, earlier, keep, now) if each.folder != place.folder),
        secrets.token_hex(8),
    )
    await _turn(store, address, pointer, version)
    try:
        with in_one_sentence(f"what {address} does not need any more cannot be removed"):
            await _clean_up(store, pointer, before, now)
    except StoreError as error:
        warn(str(error))
    return mirrored


async def _read_pointer(store: ObjectStore, address: str) -> tuple[Pointer | None, UpdateVersion | None]:
    """The pointer of a mirror, and by what to tell that it is still the same; None where there is none yet.

    Raises `InputError` when something else stands in its place.
    """
    import obstore

    try:
        answer = await obstore.get_async(store, POINTER)
        content = (await answer.bytes_async()).to_bytes()
    except FileNotFoundError:
        return None, None
    try:
        pointer = Pointer.from_json(content.decode())
    except ValueError as error:
        raise InputError(f"{address}/{POINTER} is {error}; give another prefix, or remove it") from None
    version: UpdateVersion = {}
    if e_tag := answer.meta["e_tag"]:
        version["e_tag"] = e_tag
    if number := answer.meta["version"]:
        version["version"] = number
    return pointer, version


async def _place_of(store: ObjectStore, snapshot: Snapshot, pointer: Pointer | None) -> Place | None:
    """Where a mirror has all files of a snapshot; None where it has not."""
    for place in pointer.places if pointer else ():
        if place.snapshot == snapshot.name and await _is_whole(store, snapshot, place.folder):
            return place
    return None


async def _is_whole(store: ObjectStore, snapshot: Snapshot, folder: str) -> bool:
    """Whether a folder of a mirror has all files of a snapshot, by their sizes, and no other."""
    sizes = {path: stored.byte_count for path, stored in snapshot.record.files.items()}
    sizes[MANIFEST] = (snapshot.folder / MANIFEST).stat().st_size
    return {found["path"]: found["size"] for found in await listed(store, folder)} == {
        f"{folder}/{path}": size for path, size in sizes.items()
    }


async def _send(
    store: ObjectStore,
    snapshot: Snapshot,
    folder: str,
    before: Pointer | None,
    progress: Callable[[int, int], None],
) -> list[StoredFile]:
    """Bring all files of a snapshot to a folder of the mirror, its manifest last. Returns those that were sent."""
    import obstore

    present = await _present(store, before)
    files = snapshot.record.files
    total = sum(stored.byte_count for stored in files.values())
    sent: list[StoredFile] = []
    done = 0

    async def bring(path: str) -> None:
        nonlocal done
        stored, target = files[path], f"{folder}/{path}"
        if not await _copy(store, present.get(stored.content_hash), target):
            _refuse_damage(snapshot, path, stored)
            file = snapshot.folder / path
            await obstore.put_async(store, target, file, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)
            if await _hash_of(store, target, stored.byte_count) != stored.content_hash:
                raise StoreError(f"{target} does not have the bytes that were sent; the pointer is not turned")
            sent.append(stored)
        done += stored.byte_count
        progress(done, total)

    await many(bring, files, _FILES_AT_ONCE)
    manifest = snapshot.folder / MANIFEST
    await obstore.put_async(store, f"{folder}/{MANIFEST}", manifest)
    if not await _is_whole(store, snapshot, folder):
        raise StoreError(f"{folder} does not hold the files that were sent; the pointer is not turned")
    return [*sent, StoredFile.of(manifest)]


async def _present(store: ObjectStore, pointer: Pointer | None) -> dict[str, str]:
    """Hash of content -> path of a file that has it, of all snapshots of a mirror."""
    import obstore

    present: dict[str, str] = {}
    for place in reversed(pointer.places if pointer else ()):
        try:
            answer = await obstore.get_async(store, f"{place.folder}/{MANIFEST}")
            record = SnapshotRecord.from_json((await answer.bytes_async()).to_bytes().decode())
        except (FileNotFoundError, ValueError):
            continue  # Of another version of Broadsheet, or removed by hand: nothing is taken from it.
        present |= {stored.content_hash: f"{place.folder}/{path}" for path, stored in record.files.items()}
    return present


async def _copy(store: ObjectStore, origin: str | None, target: str) -> bool:
    """Copy within the store; whether there was something to copy."""
    import obstore

    try:
        if origin is not None:
            await obstore.copy_async(store, origin, target)
            return True
    except FileNotFoundError:
        pass  # Someone removed it by hand.
    return False


def _refuse_damage(snapshot: Snapshot, path: str, stored: StoredFile) -> None:
    """Raises `InputError` when a file of a snapshot is gone or does not have the bytes that it was published with."""
    try:
        if file_hash(snapshot.folder / path) == stored.content_hash:
            return
        problem = "does not have the bytes it was published with"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    raise InputError(f"{path} of {snapshot.name} {problem}; run broadsheet doctor --repair, and then this again")


async def _hash_of(store: ObjectStore, path: str, byte_count: int) -> str:
    """The XXH3 128-bit hash of the bytes of an object, as hexadecimal digits."""
    import obstore

    digest = xxhash.xxh3_128()
    for start in range(0, byte_count, _PART_BYTES):
        end = min(start + _PART_BYTES, byte_count)
        digest.update(await obstore.get_range_async(store, path, start=start, end=end))
    return digest.hexdigest()


async def _turn(store: ObjectStore, address: str, pointer: Pointer, version: UpdateVersion | None) -> None:
    """Write the pointer, if nobody wrote it since it was read.

    An answer may be lost after the store did what was asked, and the library then asks again and is refused: who won is
    what the pointer says. Raises `BusyError` when it was another mirror.
    """
    import obstore
    from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

    try:
        if version is None:
            await obstore.put_async(store, MARK, MARK_TEXT.encode())
        await obstore.put_async(store, POINTER, pointer.to_json().encode(), mode=version or "create")
        return
    except (BaseError, FileNotFoundError) as error:
        failure = error
    with in_one_sentence(f"nobody knows whether {address} is turned to {pointer.current.snapshot}, run this again"):
        now, _ = await _read_pointer(store, address)
    if now is not None and (
        now.turn == pointer.turn or pointer.current.folder in {each.folder for each in now.earlier}
    ):
        return
    if not isinstance(failure, AlreadyExistsError | PreconditionError):
        with in_one_sentence(f"{address} cannot be turned to {pointer.current.snapshot}, and still has what it had"):
            raise failure
    raise BusyError(
        f"another mirror was faster: {address} now has {now.current.snapshot if now else 'nothing'}; nothing of "
        f"{pointer.current.snapshot} is to be seen there; run this again to make it the current one"
    )


def _kept(current: Place, earlier: Sequence[Place], keep: Retention, now: datetime) -> Iterator[Place]:
    """The earlier snapshots that stay: as many and as long as `keep` says, and each for as long as readers may need."""
    byte_count = current.byte_count
    for number, place in enumerate(earlier, start=1):
        byte_count += place.byte_count
        age = now - place.left_at if place.left_at else timedelta(0)
        is_old = number >= keep.count and age > keep.age
        is_too_much = keep.byte_count is not None and byte_count > keep.byte_count
        if age <= READERS_STAY or not (is_old or is_too_much):
            yield place


async def _clean_up(store: ObjectStore, pointer: Pointer, before: Pointer | None, now: datetime) -> None:
    """Remove the snapshots that the pointer named before and does not name any more, and what killed mirrors left."""
    import obstore

    named = {place.folder for place in pointer.places}
    removed = {place.folder for place in before.places} - named if before else set()
    folders: dict[str, list[str]] = {}
    latest: dict[str, datetime] = {}
    for found in await listed(store, SNAPSHOTS):
        folder = "/".join(found["path"].split("/")[:2])
        folders.setdefault(folder, []).append(found["path"])
        latest[folder] = max(latest.get(folder, found["last_modified"]), found["last_modified"])
    paths = [
        path
        for folder, paths in folders.items()
        if folder in removed or (folder not in named and now - latest[folder] > _ABANDONED)
        for path in paths
    ]
    if paths:
        await obstore.delete_async(store, paths)
