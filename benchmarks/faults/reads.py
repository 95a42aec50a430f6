"""Readers of four kinds beside the builds: all that one look finds must be of one snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pyarrow.parquet

from benchmarks.faults.place import Figures, Place, connected, look_with_duckdb, processes, sums_of, turn
from pipeline.schema.tables import TABLES

#: A connection that is held is opened anew after so many looks at all tables.
_LOOKS_PER_CONNECTION = 200


def look_with_polars(folder: Path) -> list[Any]:
    """All tables, by Polars."""
    return [pl.read_parquet(folder / f"{name}.parquet", glob=False) for name in TABLES]


def look_with_pyarrow(folder: Path) -> list[Any]:
    """All tables, by pyarrow."""
    return [pyarrow.parquet.read_table(folder / f"{name}.parquet", use_threads=False) for name in TABLES]


def _looks_of(kind: str, warehouse: Path) -> Iterator[tuple[list[Any], bool]]:
    """Looks at all tables without end; each with whether it must show the same snapshot as the one before."""
    while True:
        if kind == "DuckDB, a connection held":
            with connected(warehouse) as connection:
                for number in range(_LOOKS_PER_CONNECTION):
                    yield sums_of(connection), number > 0
        elif kind == "DuckDB, a new connection":
            yield look_with_duckdb(warehouse), False
        else:
            yield READERS[kind]((warehouse / "current").resolve()), False


#: Readers and how they look at the tables of a snapshot.
READERS: Mapping[str, Callable[[Path], list[Any]]] = {
    "DuckDB, a new connection": look_with_duckdb,
    "DuckDB, a connection held": look_with_duckdb,
    "Polars, `current` resolved": look_with_polars,
    "pyarrow, `current` resolved": look_with_pyarrow,
}
#: Their shares of all reads: to open a database takes many times as long as to read.
_SHARES = (0.1, 0.4, 0.25, 0.25)


def _read(kind: str, place: Place, reads: int, until: float, connection: Connection) -> None:
    """Read so many tables; all of one look must be those of one fresh build. Sends the number and what was wrong."""
    expected = {name: READERS[kind](reference.folder) for name, reference in place.references.items()}
    count, problems, before = 0, [], None
    looks = _looks_of(kind, place.warehouse.folder)
    while count < reads and time.monotonic() < until:
        try:
            found, must_be_same = next(looks)
            states = [name for name, rows in expected.items() if all(map(_are_equal, rows, found))]
            if not states or (must_be_same and states != before):
                problems.append(f"{kind}: a mixture or something else was read")
            before = states
        except Exception as error:
            problems.append(f"{kind}: {error!r}")
            looks = _looks_of(kind, place.warehouse.folder)
        count += len(TABLES)
    connection.send((count, problems))


def _are_equal(one: Any, other: Any) -> bool:
    return bool(one.equals(other) if hasattr(one, "equals") else one == other)


@contextmanager
def readers(place: Place, reads: int, seed: int, until: float, figures: Figures) -> Iterator[None]:
    """Readers of four kinds beside whatever is done meanwhile; `current` turns until they have read enough."""
    context = processes()
    running = {}
    for kind, share in zip(READERS, _SHARES, strict=True):
        mine, its = context.Pipe(duplex=False)
        process = context.Process(target=_read, args=(kind, place, round(reads * share), until, its), daemon=True)
        process.start()
        its.close()
        running[kind] = (process, mine)
    yield
    random = Random(f"turns {seed}")
    for kind, (process, connection) in running.items():
        while not connection.poll(0.05):
            turn(place, random, figures)
        try:
            figures.reads[kind], problems = connection.recv()
            figures.problems += problems
        except EOFError:
            figures.problems.append(f"{kind}: the reader died")
        process.join()
