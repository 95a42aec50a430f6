"""A source that is a bucket of an object store, or what lies below a prefix in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

import xxhash

from pipeline.errors import InputError
from pipeline.sources.interface import Found, ListedFile
from pipeline.sources.names import path_as_text, path_of_text
from pipeline.sources.own_folders import MARK
from pipeline.stores import in_one_sentence, listed, many, open_store

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

#: Nanoseconds from 1970 to 2001: a number below it is neither a time of today nor one that is still to come.
_LONG_AGO_NS = 10**18


@dataclass(frozen=True)
class Bucket:
    """Objects under a name. What stands between slashes in their keys is a folder; names that begin with a dot are
    passed over, as in a folder."""

    name: str
    location: str

    @staticmethod
    def at(name: str, address: str) -> Bucket:
        """The objects below an address; their name is the last part of the address unless one is given."""
        location = address.rstrip("/")
        return Bucket(name or unquote(location.rpartition("/")[2]), location)

    def look(self) -> None:
        """Raises `InputError` when it is no address, or when the library is not installed. Makes no request."""
        open_store(self.location)

    def list(self) -> Found:
        """Every object. Raises `StoreError` when they cannot be listed, and `InputError` when Broadsheet itself writes
        here."""
        import asyncio

        store = open_store(self.location)
        with in_one_sentence(f"the source {self.location} cannot be read"):
            objects, markers = asyncio.run(_objects_and_markers(store))
        own = {found["path"].removesuffix(MARK).rstrip("/") for found in objects if _last(found["path"]) == MARK}
        if "" in own:
            raise InputError(
                f"the source {self.location} is a mirror that Broadsheet itself writes; give a prefix with documents"
            )
        files: list[ListedFile] = []
        passed_over: set[str] = set()
        for found in objects:
            path = found["path"]
            if (left_out := _left_out(path, own)) is not None:
                passed_over.add(left_out)
            elif path not in markers:
                files.append(_listed(self.name, found))
        return Found(files, len(passed_over), [path_as_text(path) for path in passed_over & own])

    def read(self, paths: Sequence[str], max_bytes: int) -> Iterator[bytes | str]:
        """The bytes of each object, or why it cannot be read; many are fetched at a time.

        Raises `StoreError` when the store fails or denies all access: that is nothing that one document has done.
        """
        import asyncio

        import obstore
        from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

        store = open_store(self.location)

        async def content(path: str) -> bytes | str:
            key = path_of_text(path)
            try:
                answer = await obstore.get_async(store, key)
                if answer.meta["size"] > max_bytes:
                    return (await obstore.get_range_async(store, key, start=0, end=max_bytes + 1)).to_bytes()
                return (await answer.bytes_async()).to_bytes()
            except FileNotFoundError:
                return "it went while the source was being read; build again if it is back"
            except (PermissionDeniedError, UnauthenticatedError):
                await anext(obstore.list(store), None)  # Where that is denied, too, it is not about this object.
                return "access to it is denied; give the user who builds the right to read it"

        with in_one_sentence(f"the source {self.location} cannot be read"):
            contents = asyncio.run(many(content, paths))
        yield from contents


async def _objects_and_markers(store: ObjectStore) -> tuple[list[ObjectMeta], set[str]]:
    """All objects, and which of their paths are no objects. Consoles make a folder by an empty object whose key ends
    with a slash; the library lists it without the slash, under a path that leads to nothing."""
    import obstore

    async def marker(path: str) -> str | None:
        try:
            await obstore.head_async(store, path)
        except FileNotFoundError:
            return path
        return None

    objects = await listed(store)
    markers = await many(marker, [found["path"] for found in objects if not found["size"]])
    return objects, {path for path in markers if path is not None}


def _left_out(path: str, own: set[str]) -> str | None:
    """The first folder or file on the way to an object that is hidden or one of Broadsheet's own."""
    if not own and "/." not in f"/{path}":
        return None
    place = ""
    for part in path.split("/"):
        place = f"{place}/{part}" if place else part
        if part.startswith(".") or place in own:
            return place
    return None


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _listed(source_name: str, found: ObjectMeta) -> ListedFile:
    version = xxhash.xxh3_64_intdigest(f"{found['e_tag']} {found['version']}".encode()) % _LONG_AGO_NS
    path = path_as_text(found["path"])
    return source_name, path, found["size"], _nanoseconds(found["last_modified"]), version, None, None


def _nanoseconds(instant: datetime) -> int:
    return int(instant.timestamp()) * 1_000_000_000 + instant.microsecond * 1_000
