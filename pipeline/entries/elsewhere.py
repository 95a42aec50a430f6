"""Reading on other machines, which must see what this one sees and run the same code."""

from __future__ import annotations

import platform
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline.entries.shard import Shard, in_place_of_killed
from pipeline.errors import BroadsheetError, WorkerError
from pipeline.fingerprints import reading_fingerprint
from pipeline.processes import map_shards
from pipeline.settings import Dask
from pipeline.sources import Source

#: Reads a shard: `shard.read_shard`, all but the shard given.
Reader = Callable[[Shard], pl.DataFrame]


class Home(NamedTuple):
    """What a worker must see and run as the process does that it works for: a file among the fragments, the sources by
    name, and the software, in words."""

    token: Path
    sources: Mapping[str, Source]
    software: str


class Read(NamedTuple):
    """The rows of `read_shard`, and the machine that read them."""

    rows: pl.DataFrame
    host: str


def read_by_dask(
    read: Reader,
    shards: Sequence[Shard],
    sources: Mapping[str, Source],
    folder: Path,
    processes: int,
    is_apart: bool,
    dask: Dask,
) -> Iterator[tuple[Shard, pl.DataFrame]]:
    """Each shard with the rows that this machine would have read; workers store their fragments in `folder`.

    Raises `WorkerError` where a worker does not see that folder or a source, or runs other code, and what `map_shards`
    raises.
    """
    # Its name is new: a network folder may remember for a while that an old one is not there.
    token = folder / f".token-{secrets.token_hex(8)}"
    token.touch()
    function = partial(read_elsewhere, read=read, home=Home(token, sources, _software()))
    try:
        for shard, found in map_shards(function, shards, processes, in_place_of_killed, is_apart, dask):
            yield shard, held_against_here(shard, found, read, sources)
    finally:
        token.unlink(missing_ok=True)


def read_elsewhere(shard: Shard, read: Reader, home: Home) -> Read:
    """Read a shard in a process that may run on another machine. Raises `WorkerError` as above."""
    host = socket.gethostname()
    if (software := _software()) != home.software:
        raise WorkerError(
            f"the worker on {host} runs {software}, but this process {home.software}; install the same on both"
        )
    if not home.token.exists():
        raise WorkerError(
            f"the worker on {host} does not see {home.token.parent} as this process does; give it the same folder at "
            "the same place"
        )
    for source in home.sources.values():
        try:
            source.look()
        except (OSError, ValueError, BroadsheetError) as error:
            raise WorkerError(_unseen(host, source, str(error))) from None
    try:
        return Read(read(shard), host)
    except BroadsheetError as error:
        raise WorkerError(f"the worker on {host} cannot read: {error}") from None


def held_against_here(shard: Shard, found: Read, read: Reader, sources: Mapping[str, Source]) -> pl.DataFrame:
    """The rows of a shard as this machine would have read them: where a worker could not open a file, the shard is read
    here, since a network folder may show new files late.

    Raises `WorkerError` when a worker could open none of a source's files, of which some can be opened here.
    """
    if not found.rows["content_hash"].has_nulls():
        return found.rows
    here = read(shard)
    opened = pl.col("content_hash").is_not_null().any()
    there_and_here = (
        found.rows.group_by("source_name")
        .agg(there=opened)
        .join(here.group_by("source_name").agg(here=opened), on="source_name")
    )
    for name in there_and_here.filter(pl.col("here") & ~pl.col("there"))["source_name"].sort():
        raise WorkerError(_unseen(found.host, sources[name], "it could open none of the files"))
    return here


def _unseen(host: str, source: Source, why: str) -> str:
    return (
        f"the worker on {host} does not see the source {source.location} ({why}), but this process does; give it the "
        "same documents at the same place"
    )


def _software() -> str:
    """What the bytes of fragments depend on, in words."""
    python = ".".join(platform.python_version_tuple()[:2])
    code = reading_fingerprint()[:8]
    return f"broadsheet {version('broadsheet')} (code {code}), polars {version('polars')}, Python {python}"
