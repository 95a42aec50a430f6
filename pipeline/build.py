"""One build, from sources to a published snapshot: verbs that take values and give values, in the order of `run_build`.
Nothing happens by reading an attribute."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import polars as pl
import xxhash

from pipeline import memory
from pipeline.entries.store import FragmentStore, listing_frame
from pipeline.errors import BroadsheetError, CheckError, FullDiskError, InputError, is_full_disk
from pipeline.fingerprints import code_fingerprint, limits_fingerprint, reading_fingerprint
from pipeline.schema.tables import TABLES
from pipeline.settings import Options
from pipeline.sources import Source, list_files
from pipeline.tables import Inputs, made_from, make_tables
from pipeline.tables.steps import Parts
from pipeline.texts import counted
from pipeline.warehouse import checks, database, last_build
from pipeline.warehouse.checks import CheckResult
from pipeline.warehouse.parquet import write_table
from pipeline.warehouse.record import DATABASE, CheckOutcome, SnapshotRecord, StoredFile, StoredTable, file_hash
from pipeline.warehouse.snapshots import Snapshot, Warehouse, mark_refused
from pipeline.warehouse.sql_files import all_queries, stored_inputs

#: How many rejected files a build names, and how many of them an error does.
_NAMED_REJECTIONS = 20
_REJECTIONS_IN_ERROR = 3


def _ignore(*_: object) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Watch:
    """Who watches a build: `progress` hears of a phase, how much of it is done and of how much; `say` one sentence per
    phase with its numbers; `warn` what people should see at once."""

    progress: Callable[[str, int, int], None] = _ignore
    say: Callable[[str], None] = _ignore
    warn: Callable[[str], None] = _ignore


@dataclass(frozen=True)
class Build:
    """What all verbs of a build share, while it holds the lock of its warehouse."""

    warehouse: Warehouse
    sources: Sequence[Source]
    options: Options
    watch: Watch
    previous: Snapshot | None
    store: FragmentStore
    started_at: datetime
    #: No file was listed before; those that were changed shortly before it are read again by the next build.
    listed_at_ns: int


class RejectedFile(NamedTuple):
    """A file that did not become a document: source name and path, line if known, reason code and a sentence."""

    file: str
    line: int | None
    reason: str
    detail: str

    @property
    def sentence(self) -> str:
        line = f", line {self.line}" if self.line else ""
        return f"{self.file}{line}: {self.reason} ({self.detail})"


@dataclass(frozen=True)
class ReadFiles:
    """All files after everything new or changed was read: one row per file (`store.FILES_SCHEMA`), how many names were
    not listed per source (hidden ones, linked folders), and what there is to count.

    `read_count` and `read_byte_count` are of files read anew, `passed_over_count` has the names that were not listed.
    """

    files: pl.DataFrame
    unlisted: Mapping[str, int]
    listing_fingerprint: str | None
    fingerprint: str
    file_count: int
    byte_count: int
    read_count: int
    read_byte_count: int
    document_count: int
    rejected_count: int
    passed_over_count: int
    first_rejections: tuple[RejectedFile, ...]
    seconds: float


@dataclass(frozen=True)
class WrittenTables:
    """All tables as Parquet files in the folder that becomes the snapshot."""

    folder: Path
    tables: dict[str, StoredTable]
    seconds: float


@dataclass(frozen=True)
class BuiltDatabase:
    """The DuckDB file with tables, marts, views and macros; the marts and the headline views as Parquet files."""

    file: Path
    stored: StoredFile
    marts: dict[str, StoredTable]
    views: dict[str, StoredTable]
    seconds: float


@dataclass(frozen=True)
class CheckedDatabase:
    """What every check found on the database."""

    file: Path
    results: list[CheckResult]
    seconds: float


@dataclass(frozen=True)
class Built:
    """The current snapshot, whether this build made it, what was read, and the seconds of each phase."""

    snapshot: Snapshot
    is_new: bool
    read: ReadFiles
    seconds: dict[str, float]


def build_warehouse(
    warehouse: Warehouse,
    sources: Sequence[Source],
    options: Options | None = None,
    watch: Watch | None = None,
    wait_seconds: float = 600,
) -> Built:
    """Read documents and publish a new snapshot of the warehouse, or find that nothing has changed.

    Raises `BusyError` when another build holds the warehouse for longer than `wait_seconds`, `InputError` when there is
    nothing to read, and `CheckError` when what was read or made is refused; nothing is published then.
    """
    with open_build(warehouse, sources, options, watch, wait_seconds) as build:
        return run_build(build)


def run_build(build: Build) -> Built:
    """All verbs in their order."""
    read = read_files(build)
    refuse_rejections(build, read)
    if is_unchanged(build, read):
        return keep(build, read)
    tables = write_tables(build, read)
    built = build_database(build, tables)
    checked = run_checks(build, built)
    refuse_errors(checked)
    return publish(build, read, tables, built, checked)


@contextmanager
def open_build(
    warehouse: Warehouse,
    sources: Sequence[Source],
    options: Options | None = None,
    watch: Watch | None = None,
    wait_seconds: float = 600,
) -> Iterator[Build]:
    """A build that holds the warehouse until it ends. What it staged and did not publish is removed; only what
    `refuse_errors` refused stays until the next build, so that people can look for the offenders.

    Raises `BusyError` when another build holds the warehouse for longer than `wait_seconds`, `InputError` when the
    warehouse is the folder of a source, too, and `FullDiskError` when there is no room for what the build writes.
    """
    options, watch = options or Options(), watch or Watch()
    for source in sources:
        if os.path.realpath(source.location) == os.path.realpath(warehouse.folder):
            raise InputError(f"the source {source.name} and the warehouse are one folder; give the warehouse its own")
    with full_disk_in_one_sentence(warehouse), warehouse.lock(wait_seconds, watch.warn):
        warehouse.clear_staging()
        now = datetime.now(UTC)
        store = FragmentStore(
            warehouse.fragments_folder,
            f"{reading_fingerprint()}-{limits_fingerprint(options.limits)}",
            watch.warn,
        )
        try:
            yield Build(
                warehouse,
                sources,
                options,
                watch,
                _previous(warehouse, watch),
                store,
                now.replace(microsecond=now.microsecond // 1000 * 1000),
                time.time_ns(),
            )
        finally:
            warehouse.clear_staging(keep_refused=True)
            store.clear()


@contextmanager
def full_disk_in_one_sentence(warehouse: Warehouse) -> Iterator[None]:
    """Whatever the system, Polars or DuckDB say of a full disk is one `FullDiskError`."""
    try:
        yield
    except BroadsheetError:
        raise
    except Exception as error:
        if not is_full_disk(error):
            raise
        raise FullDiskError(
            f"no room in {warehouse.folder}: nothing was published, and what was begun is removed; make room, or give "
            "another folder"
        ) from None


def _previous(warehouse: Warehouse, watch: Watch) -> Snapshot | None:
    """The current snapshot, if it is as it was published."""
    previous = warehouse.current_or_none()
    if previous is None and (warehouse.snapshots() or warehouse.damaged()):
        watch.warn(f"{warehouse.folder / 'current'} does not lead to a whole snapshot; everything is made anew")
    elif previous is not None and (changed := previous.changed_files()):
        watch.warn(
            f"{', '.join(changed)} of {previous.name} changed since it was published, or cannot be read; everything is "
            "made anew"
        )
        return None
    return previous


def read_files(build: Build) -> ReadFiles:
    """List all files and read those that are new or changed.

    Raises `InputError` when a source cannot be listed or is empty, and when all files are passed over.
    """
    started = time.monotonic()
    listing = list_files(build.sources)
    for remark in listing.remarks(build.listed_at_ns):
        build.watch.warn(remark)
    unlisted, listing_fingerprint = listing.passed_over, listing.fingerprint(build.listed_at_ns)
    listed = listing_frame(listing)
    del listing  # Millions of tuples; the frame is small.
    files, read = build.store.read(
        listed,
        build.listed_at_ns,
        build.sources,
        build.options.limits,
        build.options.processes or os.cpu_count() or 1,
        build.options.dask,
        build.options.full,
        lambda done, total: build.watch.progress("reading", done, total),
    )
    if (files["outcome"] == "passed_over").all():
        places = ", ".join(source.location for source in build.sources)
        raise InputError(f"{places} holds no documents, only files that are passed over, such as a README")
    counts = dict(files.group_by("outcome").agg(pl.len()).iter_rows())
    result = ReadFiles(
        files=files,
        unlisted=unlisted,
        # The next build must open files that this one could not read, also when the listing is the same.
        listing_fingerprint=listing_fingerprint if files["is_trusted"].all() else None,
        fingerprint=_fingerprint(build, files, unlisted),
        file_count=files.height,
        byte_count=int(files["byte_count"].sum()),
        read_count=read.height,
        read_byte_count=int(read["byte_count"].sum()),
        document_count=counts.get("document", 0),
        rejected_count=counts.get("rejected", 0),
        passed_over_count=counts.get("passed_over", 0) + sum(unlisted.values()),
        first_rejections=_first_rejections(build, files) if "rejected" in counts else (),
        seconds=time.monotonic() - started,
    )
    build.watch.say(
        f"read {counted(result.file_count, 'file')}, {result.read_count:,} anew, {result.rejected_count:,} rejected, "
        f"{result.seconds:.1f} s"
    )
    return result


def refuse_rejections(build: Build, read: ReadFiles) -> None:
    """Raises `CheckError`, naming the first rejected files, when no file could be read, or when a larger share of them
    was rejected than `Options.max_rejected_share`."""
    total = read.document_count + read.rejected_count
    limit = build.options.max_rejected_share
    if read.document_count == 0:
        problem = f"none of {total:,} files could be read"
    elif limit is not None and read.rejected_count > limit * total:
        problem = f"{read.rejected_count:,} of {total:,} files were rejected, more than a share of {limit:g}"
    else:
        return
    raise CheckError(
        f"not published, {problem}: "
        + "; ".join(file.sentence for file in read.first_rejections[:_REJECTIONS_IN_ERROR])
    )


def is_unchanged(build: Build, read: ReadFiles) -> bool:
    """Whether the current snapshot was built from the same content by the same code, and may be kept."""
    return (
        not build.options.full and build.previous is not None and build.previous.record.fingerprint == read.fingerprint
    )


def keep(build: Build, read: ReadFiles) -> Built:
    """The current snapshot of an unchanged build."""
    if build.previous is None:
        raise ValueError("there is no snapshot to keep")
    _remember(build, read, build.previous)
    build.watch.say(f"nothing changed since {build.previous.name}")
    return Built(build.previous, False, read, {"reading": read.seconds})


def write_tables(build: Build, read: ReadFiles) -> WrittenTables:
    """Make all tables and write them as Parquet to a new staging folder.

    Raises `MemoryShortError` when they would not fit into memory, and `ValueError` when one is not as the schema says.
    """
    started = time.monotonic()
    inputs = Inputs(files=read.files, unlisted=read.unlisted, **build.store.parts(read.files))
    memory.refuse_too_many(sum(part.select(pl.len()).collect().item() for part in inputs.entries))
    folder = build.warehouse.stage(build.started_at, read.fingerprint)
    previous = build.previous.record.tables if build.previous else {}
    tables: dict[str, StoredTable] = {}

    def write(name: str, parts: Parts) -> pl.LazyFrame:
        since = time.monotonic()
        file = folder / f"{name}.parquet"
        row_count = write_table(TABLES[name], parts, file)
        tables[name] = _stored(build, file, f"{name}.parquet", previous.get(name), row_count, since, made_from()[name])
        build.watch.progress("tables", len(tables), len(TABLES))
        return pl.scan_parquet(file, glob=False)

    make_tables(inputs, write)
    seconds = time.monotonic() - started
    row_count = sum(table.row_count for table in tables.values())
    build.watch.say(f"{len(tables)} tables, {counted(row_count, 'row')}, {seconds:.1f} s")
    return WrittenTables(folder, tables, seconds)


def build_database(build: Build, tables: WrittenTables) -> BuiltDatabase:
    """Write the DuckDB file, and its marts and headline views as Parquet files."""
    started = time.monotonic()
    build.watch.progress("database", 0, 1)
    file = tables.folder / DATABASE
    database.build_database(file, {name: tables.folder / f"{name}.parquet" for name in tables.tables})
    previous = build.previous.record.marts | build.previous.record.views if build.previous else {}
    marts: dict[str, StoredTable] = {}
    views: dict[str, StoredTable] = {}
    for name, result in database.export_results(file, tables.folder).items():
        row_count = pl.scan_parquet(result, glob=False).select(pl.len()).collect().item()
        query = all_queries()[name]
        inputs = tuple(sorted(stored_inputs(query)))
        stored = _stored(build, result, f"{query.kind}/{result.name}", previous.get(name), row_count, started, inputs)
        (marts if query.kind == "marts" else views)[name] = stored
    build.watch.progress("database", 1, 1)
    seconds = time.monotonic() - started
    build.watch.say(f"database with {len(marts)} marts, {len(views)} views as files, {seconds:.1f} s")
    return BuiltDatabase(file, StoredFile.of(file), marts, views, seconds)


def run_checks(build: Build, built: BuiltDatabase) -> CheckedDatabase:
    """Run every check on the new database."""
    started = time.monotonic()
    build.watch.progress("checks", 0, 1)
    results = checks.run_checks(
        built.file, {name: built.file.parent / "views" / f"{name}.parquet" for name in built.views}
    )
    build.watch.progress("checks", 1, 1)
    seconds = time.monotonic() - started
    offended = sum(not result.passed for result in results)
    build.watch.say(f"{len(results)} checks, {offended} found offenders, {seconds:.1f} s")
    return CheckedDatabase(built.file, results, seconds)


def refuse_errors(checked: CheckedDatabase) -> None:
    """Raises `CheckError` when an error check found offenders; the database stays where people can look for them."""
    if errors := [result for result in checked.results if result.is_error]:
        mark_refused(checked.file.parent)
        raise CheckError(
            f"not published, {len(errors)} of {len(checked.results)} checks found offenders: "
            + "; ".join(result.sentence for result in errors)
        )


def publish(
    build: Build, read: ReadFiles, tables: WrittenTables, built: BuiltDatabase, checked: CheckedDatabase
) -> Built:
    """Make what was staged the current snapshot."""
    started = time.monotonic()
    seconds = {
        "reading": read.seconds,
        "tables": tables.seconds,
        "database": built.seconds,
        "checks": checked.seconds,
    }
    record = SnapshotRecord(
        sequence=build.warehouse.next_sequence(),
        built_at=build.started_at,
        fingerprint=read.fingerprint,
        code=code_fingerprint(),
        sources={source.name: source.location for source in build.sources},
        limits=build.options.limits,
        file_count=read.file_count,
        byte_count=read.byte_count,
        read_count=read.read_count,
        read_byte_count=read.read_byte_count,
        document_count=read.document_count,
        rejected_count=read.rejected_count,
        passed_over_count=read.passed_over_count,
        tables=tables.tables,
        marts=built.marts,
        views=built.views,
        database=built.stored,
        checks={result.query.name: CheckOutcome(result.offender_count, result.sample) for result in checked.results},
        seconds={phase: round(value, 4) for phase, value in seconds.items()},
        versions={"python": platform.python_version()}
        | {name: version(name) for name in ("broadsheet", "duckdb", "polars")},
    )
    replaced = build.warehouse.current_or_none()
    snapshot = build.warehouse.publish(tables.folder, record)
    # Readers have the new snapshot: what goes wrong from here on is told and fails nothing.
    _remember(build, read, snapshot)
    for problem in build.warehouse.clean_up(build.options.keep, replaced):
        build.watch.warn(problem)
    seconds["publishing"] = time.monotonic() - started
    build.watch.say(f"published {snapshot.name}, {seconds['publishing']:.1f} s")
    return Built(snapshot, True, read, seconds)


def _remember(build: Build, read: ReadFiles, snapshot: Snapshot) -> None:
    """Spare the next build what this one has read, if there is room for it."""
    try:
        build.store.store(read.files)
        last_build.remember(build.warehouse, read.listing_fingerprint, build.options.limits, snapshot.name)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        build.watch.warn(
            f"what was read cannot be kept in {build.store.folder} ({reason}); the next build reads it again"
        )


def _fingerprint(build: Build, files: pl.DataFrame, unlisted: Mapping[str, int]) -> str:
    """Fingerprint of all that decides what the snapshot holds: content and outcome of files, options and code."""
    identity = pl.concat_str(
        "source_name", "path", "byte_count", pl.col("content_hash").fill_null(""), "outcome", separator="\0"
    )
    text = files.select(identity.str.join("\n")).item()
    whole = "\n".join([text, str(dict(unlisted)), code_fingerprint(), limits_fingerprint(build.options.limits)])
    return xxhash.xxh3_128_hexdigest(whole.encode())


def _first_rejections(build: Build, files: pl.DataFrame) -> tuple[RejectedFile, ...]:
    file = pl.concat_str("source_name", pl.lit("/"), "path")
    rows = build.store.rejected_documents(files).sort("source_name", "path").head(_NAMED_REJECTIONS)
    return tuple(map(RejectedFile._make, rows.select(file, "line", "reason", "detail").collect().iter_rows()))


def _stored(
    build: Build,
    file: Path,
    name: str,
    before: StoredTable | None,
    row_count: int,
    started: float,
    made_from: tuple[str, ...],
) -> StoredTable:
    """Describe a written file. Where the snapshot before still has the same bytes, both share them on disk, unless
    everything is to be made anew."""
    stored = StoredFile.of(file)
    if not build.options.full and build.previous and before and before.content_hash == stored.content_hash:
        old, link = build.previous.folder / name, file.with_suffix(".link")
        try:
            # The record says what the old file was; only its bytes say what it is.
            if file_hash(old) == stored.content_hash:
                os.link(old, link)
                link.replace(file)
        except OSError:
            link.unlink(missing_ok=True)  # A file system without hard links keeps two copies.
    modified_ns, seconds = file.stat().st_mtime_ns, round(time.monotonic() - started, 4)
    return StoredTable(stored.byte_count, modified_ns, stored.content_hash, row_count, seconds, made_from)
