"""Where faults happen: two corpora that share most documents, what is right of them, and what was done so far."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, cached_property
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from pipeline.build import (
    BuiltDatabase,
    CheckedDatabase,
    build_warehouse,
    is_unchanged,
    keep,
    open_build,
    publish,
    read_files,
    write_tables,
)
from pipeline.samples import generate_corpus
from pipeline.schema.tables import TABLES
from pipeline.settings import Options, Retention
from pipeline.sources.folder import Folder
from pipeline.warehouse.record import DATABASE, file_hash
from pipeline.warehouse.snapshots import Snapshot, Warehouse

#: Documents that all corpora share, and those that each has for itself.
_SHARED, _OWN = 20, 5
#: Enough snapshots for readers that have resolved an older one.
OPTIONS = Options(processes=1, keep=Retention(count=8, age=timedelta(0)))


@dataclass
class Figures:
    """What was done and what came of it. `problems` has a sentence for each wrong number, lost build, and error."""

    kills: Counter[str] = field(default_factory=Counter)
    step_kinds: set[str] = field(default_factory=set)
    published: int = 0
    builds: int = 0
    turns: int = 0
    reads: Counter[str] = field(default_factory=Counter)
    flips: Counter[str] = field(default_factory=Counter)
    builds_after_flips: int = 0
    problems: list[str] = field(default_factory=list)

    def rows(self) -> list[list[str]]:
        """Two columns: what, and how many."""
        told = [
            *((f"kills, {how}", count) for how, count in self.kills.items()),
            ("kinds of steps of publishing that a kill came before", len(self.step_kinds)),
            ("killed builds that had published", self.published),
            ("builds after kills", self.builds),
            ("further turns of `current` (rollback)", self.turns),
            *((f"reads, {kind}", count) for kind, count in self.reads.items()),
            ("reads, all", self.reads.total()),
            *((f"bits flipped, {kind}", count) for kind, count in self.flips.items()),
            ("builds after flips", self.builds_after_flips),
            ("wrong numbers, lost builds, errors of readers", len(self.problems)),
        ]
        return [[what, f"{count:,}"] for what, count in told]


@dataclass(frozen=True)
class Place:
    """Corpora by name, a snapshot of a fresh build of each, and the warehouse that faults happen to."""

    sources: Mapping[str, Folder]
    references: Mapping[str, Snapshot]
    warehouse: Warehouse

    def build(self, corpus: str, full: bool = False) -> None:
        """A build of one corpus."""
        build_warehouse(self.warehouse, [self.sources[corpus]], replace(OPTIONS, full=full), wait_seconds=60)

    def build_without_sql(self, corpus: str, full: bool = False, on_publish: Callable[[], None] = lambda: None) -> None:
        """A build that reads, makes tables and publishes, and takes what SQL makes of them from the fresh build: that
        takes most of the time of a small build."""
        source, reference = self.sources[corpus], self.references[corpus]
        with open_build(self.warehouse, [source], replace(OPTIONS, full=full), wait_seconds=60) as build:
            read = read_files(build)
            if is_unchanged(build, read):
                keep(build, read)
                return
            tables, record = write_tables(build, read), reference.record
            for path in record.files.keys() - {f"{name}.parquet" for name in record.tables}:
                (tables.folder / path).parent.mkdir(exist_ok=True)
                shutil.copy2(reference.folder / path, tables.folder / path)
            built = BuiltDatabase(tables.folder / DATABASE, record.database, record.marts, record.views, 0)
            on_publish()
            publish(build, read, tables, built, CheckedDatabase(built.file, [], 0))

    def state(self) -> str | None:
        """The corpus whose tables, marts and views are published, byte by byte and in the database; None when it is
        none of them."""
        current = self.warehouse.current_or_none()
        if current is None:
            return None
        parquet = {path: file_hash(current.folder / path) for path in current.record.files if path != DATABASE}
        for corpus, reference in self.references.items():
            stored = reference.record.files
            if parquet == {path: stored[path].content_hash for path in stored if path != DATABASE}:
                return corpus if look_with_duckdb(current.folder) == self.sums[corpus] else None
        return None

    @cached_property
    def sums(self) -> Mapping[str, list[Any]]:
        """What `look_with_duckdb` finds in the fresh builds."""
        return {corpus: look_with_duckdb(reference.folder) for corpus, reference in self.references.items()}

    def another(self, random: Random) -> str:
        """A corpus that is not published."""
        current = self.warehouse.current_or_none()
        now = current.record.sources["feed"] if current else None
        return random.choice([name for name, source in self.sources.items() if source.location != now])


@contextmanager
def prepared_place() -> Iterator[Place]:
    """A place in a temporary folder, with one snapshot of each corpus."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-faults-") as temporary:
        folder = Path(temporary)
        generate_corpus(_SHARED + 2 * _OWN, folder / "generated", processes=1)
        files = sorted(file for file in (folder / "generated").rglob("*") if file.is_file())
        sources = {}
        for number, name in enumerate("ab"):
            own = folder / name
            own.mkdir()
            for file in [*files[:_SHARED], *files[_SHARED + number * _OWN :][:_OWN]]:
                os.link(file, own / f"{file.parent.name}-{file.name}")  # One file, so that its times are the same.
            sources[name] = Folder("feed", own)
        time.sleep(2.1)  # Files younger than that are read again by each build.
        references = {
            name: build_warehouse(Warehouse(folder / f"fresh-{name}"), [source], OPTIONS).snapshot
            for name, source in sources.items()
        }
        place = Place(sources, references, Warehouse(folder / "warehouse"))
        for name in sources:
            place.build_without_sql(name)
        yield place


def build_and_look(
    place: Place, build: Callable[[str, bool], None], random: Random, when: str, figures: Figures
) -> int:
    """A build that must publish what is right; returns 1 if it came through."""
    corpus = place.another(random)
    try:
        build(corpus, random.random() < 0.25)
    except Exception as error:
        figures.problems.append(f"a build {when} was lost: {error!r}")
        return 0
    if (state := place.state()) != corpus:
        figures.problems.append(f"a build {when} of corpus {corpus} published {state or 'something else'}")
    return 1


def turn(place: Place, random: Random, figures: Figures) -> None:
    """Publish one of the snapshots again."""
    with place.warehouse.lock(60):
        place.warehouse.rollback(random.choice(place.warehouse.snapshots()).name)
    figures.turns += 1


def look_with_duckdb(folder: Path) -> list[Any]:
    """How many rows each table has and a sum of their hashes, by a new connection."""
    with connected(folder) as connection:
        return sums_of(connection)


def connected(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection for reading to the database in a folder, with one thread."""
    return duckdb.connect(str(folder / DATABASE), read_only=True, config={"threads": 1})


def sums_of(connection: duckdb.DuckDBPyConnection) -> list[Any]:
    """One row per table: its name, its number of rows, and the sum of their hashes."""
    sums = (f"select '{name}', count(*), sum(hash(rows)) from {name} as rows" for name in TABLES)
    return connection.execute(" union all ".join(sums)).fetchall()


@cache
def processes() -> Any:
    """Processes that begin with everything imported, and before any library has threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.faults"])
    return context
