"""Kill builds, read beside them and flip bits: are wrong numbers ever published, or a later build lost?

Two small corpora, which share most of their documents, are built in turn into one warehouse. What is right is told by
fresh builds of the same corpora. Exits with 1 when something wrong was published or read, or when a later build failed.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, cached_property
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import click
import duckdb
import polars as pl
import pyarrow.parquet

from benchmarks import describe_machine, table
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
from pipeline.entries.store import damaged_items
from pipeline.samples import generate_corpus
from pipeline.schema.tables import TABLES
from pipeline.settings import Options, Retention
from pipeline.sources import source_at
from pipeline.sources.folder import Folder
from pipeline.warehouse import last_build
from pipeline.warehouse.doctor import examine, repair
from pipeline.warehouse.record import DATABASE, file_hash
from pipeline.warehouse.snapshots import MANIFEST, Snapshot, Warehouse

#: Documents that all corpora share, and those that each has for itself.
_SHARED, _OWN = 20, 5
#: Enough snapshots for readers that have resolved an older one.
_OPTIONS = Options(processes=1, keep=Retention(count=8, age=timedelta(0)))
#: So many builds are killed before one must come through (one in five of these with its SQL), and for each that is
#: killed at a random moment.
_KILLS_PER_BUILD, _KILLS_PER_RANDOM_ONE = 10, 5
#: A connection that is held is opened anew after so many looks at all tables.
_LOOKS_PER_CONNECTION = 200
#: Flips of a file that is read without a build, for each flip that a build finds.
_PROBES_PER_BUILD = 10
#: What Python says to an audit hook before it does it to a file.
_OPERATIONS = {
    "open",
    "os.chmod",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.utime",
}


class Step(NamedTuple):
    """The operation on files that comes as `number`-th of its kind while a build publishes."""

    kind: str
    number: int


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
        build_warehouse(self.warehouse, [self.sources[corpus]], replace(_OPTIONS, full=full), wait_seconds=60)

    def build_without_sql(self, corpus: str, full: bool = False, on_publish: Callable[[], None] = lambda: None) -> None:
        """A build that reads, makes tables and publishes, and takes what SQL makes of them from the fresh build: that
        takes most of the time of a small build."""
        source, reference = self.sources[corpus], self.references[corpus]
        with open_build(self.warehouse, [source], replace(_OPTIONS, full=full), wait_seconds=60) as build:
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
            name: build_warehouse(Warehouse(folder / f"fresh-{name}"), [source], _OPTIONS).snapshot
            for name, source in sources.items()
        }
        place = Place(sources, references, Warehouse(folder / "warehouse"))
        for name in sources:
            place.build_without_sql(name)
        yield place


# Kills ----------------------------------------------------------------------------------------------------------------


def kill_builds(place: Place, kills: int, seed: int, until: float, figures: Figures) -> None:
    """Kill the process groups of builds: some at random moments, most between two steps of publishing."""
    random = Random(f"kills {seed}")
    started = time.monotonic()
    _build(place, place.build, random, "before the first kill", figures)
    seconds = time.monotonic() - started
    steps = _steps(place, place.another(random))
    kinds = sorted({step.kind for step in steps})
    while figures.kills.total() < kills and time.monotonic() < until:
        count = figures.kills.total()
        step = None
        if count % _KILLS_PER_RANDOM_ONE:
            kind = kinds[count % len(kinds)]
            step = random.choice([step for step in steps if step.kind == kind])
        before = place.warehouse.current().name
        with _begun_build(place, place.another(random), random.random() < 0.5, step) as (process, connection):
            if step is None:
                connection.poll(random.random() * seconds)
                with suppress(ProcessLookupError):  # It was faster.
                    os.killpg(process.pid or 0, signal.SIGKILL)
            process.join()
        if process.exitcode == -signal.SIGKILL:
            figures.kills["at random moments" if step is None else "between two steps of publishing"] += 1
            figures.step_kinds |= {step.kind} if step else set()
            figures.published += place.warehouse.current().name != before
        elif process.exitcode:
            figures.problems.append(f"a build after a kill ended with {process.exitcode}")
        else:
            figures.builds += 1
        if place.state() is None:
            figures.problems.append("wrong numbers are published after a kill")
        if count % _KILLS_PER_BUILD == 0:
            build = place.build if count % (5 * _KILLS_PER_BUILD) == 0 else place.build_without_sql
            figures.builds += _build(place, build, random, "after kills", figures)
        turn(place, random, figures)
    figures.builds += _build(place, place.build, random, "after kills", figures)
    figures.problems += [f"left after the last build: {finding.where}" for finding in examine(place.warehouse)]


def turn(place: Place, random: Random, figures: Figures) -> None:
    """Publish one of the snapshots again."""
    with place.warehouse.lock(60):
        place.warehouse.rollback(random.choice(place.warehouse.snapshots()).name)
    figures.turns += 1


def _build(place: Place, build: Callable[[str, bool], None], random: Random, when: str, figures: Figures) -> int:
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


def _steps(place: Place, corpus: str) -> list[Step]:
    """What a build does to files while it publishes."""
    with _begun_build(place, corpus, False, Step("none", 0)) as (process, connection):
        seen: Counter[str] = connection.recv()
        process.join()
    return [Step(kind, number + 1) for kind, count in seen.items() for number in range(count)]


@contextmanager
def _begun_build(place: Place, corpus: str, full: bool, step: Step | None) -> Iterator[tuple[BaseProcess, Connection]]:
    """A build in a process group of its own, which has begun."""
    context = _processes()
    mine, its = context.Pipe()
    process = context.Process(target=_build_apart, args=(place, corpus, full, step, its))
    process.start()
    its.close()
    mine.recv()
    try:
        yield process, mine
    finally:
        mine.close()


def _build_apart(place: Place, corpus: str, full: bool, step: Step | None, connection: Connection) -> None:
    """Build, and before a step of publishing kill the whole group of processes. Without a step a whole build is begun
    for others to kill; where there is no such step, what publishing did to files is sent."""
    os.setpgid(0, 0)
    connection.send(None)
    if step is None:
        place.build(corpus, full)
        return
    seen: Counter[str] = Counter()

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _OPERATIONS:
            kind = _kind(event, arguments)
            seen[kind] += 1
            if step == (kind, seen[kind]):
                os.killpg(0, signal.SIGKILL)

    place.build_without_sql(corpus, full, lambda: sys.addaudithook(note))
    with suppress(BrokenPipeError):
        connection.send(seen.copy())


def _kind(event: str, arguments: tuple[Any, ...]) -> str:
    """An operation and the name of the file it makes or changes, without what differs from build to build."""
    name = Path(os.fsdecode(str(arguments[1] if event in ("os.rename", "os.link") else arguments[0]))).name
    return f"{event} {re.sub(r'[0-9A-Za-z]*[0-9][0-9A-Za-z]*', '#', name) if '.parquet' not in name else '*.parquet'}"


@cache
def _processes() -> Any:
    """Processes that begin with everything imported, and before any library has threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.faults"])
    return context


# Reads ----------------------------------------------------------------------------------------------------------------


def look_with_polars(folder: Path) -> list[Any]:
    """All tables, by Polars."""
    return [pl.read_parquet(folder / f"{name}.parquet", glob=False) for name in TABLES]


def look_with_pyarrow(folder: Path) -> list[Any]:
    """All tables, by pyarrow."""
    return [pyarrow.parquet.read_table(folder / f"{name}.parquet", use_threads=False) for name in TABLES]


def look_with_duckdb(folder: Path) -> list[Any]:
    """How many rows each table has and a sum of their hashes, by a new connection."""
    with _connection(folder) as connection:
        return _sums(connection)


def _connection(folder: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(folder / DATABASE), read_only=True, config={"threads": 1})


def _sums(connection: duckdb.DuckDBPyConnection) -> list[Any]:
    sums = (f"select '{name}', count(*), sum(hash(rows)) from {name} as rows" for name in TABLES)
    return connection.execute(" union all ".join(sums)).fetchall()


def _looks_of(kind: str, warehouse: Path) -> Iterator[tuple[list[Any], bool]]:
    """Looks at all tables without end; each with whether it must show the same snapshot as the one before."""
    while True:
        if kind == "DuckDB, a connection held":
            with _connection(warehouse) as connection:
                for number in range(_LOOKS_PER_CONNECTION):
                    yield _sums(connection), number > 0
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
    context = _processes()
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


# Flips ----------------------------------------------------------------------------------------------------------------


def _published(folder: str) -> Callable[[Warehouse], list[Path]]:
    return lambda warehouse: sorted((warehouse.current().folder / folder).glob("*.parquet"))


#: Kinds of files, and those that a warehouse has of each.
KINDS: Mapping[str, Callable[[Warehouse], list[Path]]] = {
    "tables": _published("."),
    "marts": _published("marts"),
    "views": _published("views"),
    "databases": lambda warehouse: [snapshot.database for snapshot in warehouse.snapshots()],
    "manifests": lambda warehouse: [snapshot.folder / MANIFEST for snapshot in warehouse.snapshots()],
    "fragments": lambda warehouse: sorted(warehouse.fragments_folder.glob("*/*.parquet")),
    "the list of files read": lambda warehouse: list(warehouse.fragments_folder.glob("files-*.parquet")),
    "the note of the last build": lambda warehouse: list(warehouse.fragments_folder.glob("last-build.json")),
}


#: What does not hide each other's damage. SQL is run anew where its results are damaged.
_FLIPPED_TOGETHER = (
    ("tables", "marts", "views", "databases"),
    ("fragments",),
    ("manifests",),
    ("the list of files read",),
    ("the note of the last build",),
)
#: Of these there is one file, and what is made of it can be seen without a build.
_PROBED = ("the list of files read", "the note of the last build")


def flip_bits(place: Place, flips: int, seed: int, until: float, figures: Figures) -> None:
    """Flip bits in each kind of file, one in a file, and build something else; then heal what is left."""
    random = Random(f"flips {seed}")
    for kinds in _FLIPPED_TOGETHER:
        while (left := [kind for kind in kinds if figures.flips[kind] < flips]) and time.monotonic() < until:
            # Disks change bytes without a trace in the times of files; programs leave one.
            keeps_times = random.random() < 0.75
            for kind in left:
                files = KINDS[kind](place.warehouse)
                if kind in _PROBED:
                    figures.flips[kind] += _probe(place, files[0], flips - figures.flips[kind] - 1, random, figures)
                for file in random.sample(files, min(len(files), flips - figures.flips[kind])):
                    flip_bit(file, random, keeps_times)
                    figures.flips[kind] += 1
            build = place.build if "marts" in kinds else place.build_without_sql
            figures.builds_after_flips += _build(place, build, random, f"after flips in {', '.join(left)}", figures)

    def rebuild(snapshot: Snapshot) -> None:
        sources = [source_at(name, location) for name, location in snapshot.record.sources.items()]
        build_warehouse(place.warehouse, sources, replace(_OPTIONS, full=True))

    repair(place.warehouse, rebuild, lambda message: None)
    figures.problems += [f"not healed: {finding.what}, {finding.where}" for finding in examine(place.warehouse)]


def _probe(place: Place, file: Path, most: int, random: Random, figures: Figures) -> int:
    """Flip bits in a file of which there is one, each taken back after what is made of it was looked at without a
    build; returns how many."""
    content, count = file.read_bytes(), min(most, _PROBES_PER_BUILD)
    for _ in range(count):
        flip_bit(file, random, keeps_times=False)
        if file.suffix == ".parquet":
            is_seen = file in damaged_items(place.warehouse.fragments_folder)
        else:
            source = place.sources[place.another(random)]
            is_seen = last_build.unchanged_snapshot(place.warehouse, [source], _OPTIONS, lambda message: None) is None
        if not is_seen:
            figures.problems.append(f"a flipped bit in {file} was believed")
        file.write_bytes(content)
    return count


def flip_bit(file: Path, random: Random, keeps_times: bool) -> None:
    """Change one bit of a file where it lies."""
    status = file.stat()
    content = bytearray(file.read_bytes())
    content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    file.chmod(0o644)
    with file.open("r+b") as stream:
        stream.write(content)
    file.chmod(status.st_mode)
    if keeps_times:
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def run(kills: int, reads: int, flips: int, seconds: float, seed: int = 1) -> Figures:
    """All faults: kills beside readers first, then flips. Ends after about so many seconds, whatever is left to do."""
    figures, started = Figures(), time.monotonic()
    with prepared_place() as place:
        end_of_kills = started + seconds * (2 / 3 if flips else 1)
        with readers(place, reads, seed, end_of_kills, figures):
            if kills:
                kill_builds(place, kills, seed, end_of_kills, figures)
        if flips:
            flip_bits(place, flips, seed, started + seconds, figures)
    return figures


@click.command(help=__doc__.partition("\n")[0])
@click.option("--kills", default=1_000, show_default=True, help="Builds that are killed.")
@click.option("--reads", default=1_000_000, show_default=True, help="Tables that are read meanwhile.")
@click.option("--flips", default=500, show_default=True, help="Bits that are flipped in each kind of file.")
@click.option("--seconds", default=1_800, show_default=True, help="Where it ends, whatever is left to do.")
@click.option("--seed", default=1, show_default=True)
def main(kills: int, reads: int, flips: int, seconds: int, seed: int) -> None:
    load = os.getloadavg()[0]
    click.echo(f"Machine: {describe_machine(('polars', 'duckdb', 'pyarrow'))}; load before {load:.1f}")
    started = time.monotonic()
    figures = run(kills, reads, flips, seconds, seed)
    click.echo(table(["what", "how many"], figures.rows()))
    click.echo(f"{time.monotonic() - started:,.0f} s")
    for problem, count in Counter(figures.problems).most_common():
        click.echo(f"{count:,} × {problem}")
    if figures.problems:
        raise click.ClickException("something wrong was published or read, or a later build was lost")


if __name__ == "__main__":
    main()
