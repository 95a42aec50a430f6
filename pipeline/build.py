"""One build, from sources to a published snapshot. The command line and Dagster both drive the class `Build`."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import polars as pl
import xxhash

from pipeline.entries.store import READ_AGAIN, FragmentStore, listing_frame
from pipeline.errors import CheckError, InputError
from pipeline.fingerprints import (
    LastBuild,
    code_fingerprint,
    listing_fingerprint,
    options_fingerprint,
    reading_fingerprint,
)
from pipeline.schema.tables import TABLES
from pipeline.settings import Options
from pipeline.sources import Source, list_files
from pipeline.tables import all_tables
from pipeline.warehouse.checks import CheckResult, run_checks
from pipeline.warehouse.database import build_database, export_marts
from pipeline.warehouse.parquet import write_table
from pipeline.warehouse.record import CheckOutcome, SnapshotRecord, StoredTable
from pipeline.warehouse.snapshots import DATABASE, Snapshot, Warehouse, snapshot_name

Progress = Callable[[str, int, int], None]


@dataclass
class Reading:
    """What reading did: files listed, names that were not (hidden ones, linked folders), files read anew, and outcomes
    by name (`document`, `rejected`, `passed_over`)."""

    file_count: int
    unlisted_count: int
    read_count: int
    byte_count: int
    read_byte_count: int
    outcomes: dict[str, int]
    fingerprint: str
    seconds: float


class Build:
    """The steps of one build, each done once and only when asked for; a later step asks for the ones it needs.

    Use `open_build`, which holds the lock and clears the staging folder.
    """

    def __init__(self, warehouse: Warehouse, sources: Sequence[Source], options: Options, progress: Progress) -> None:
        self.warehouse = warehouse
        self.sources = sources
        self.options = options
        self.progress = progress
        now = datetime.now(UTC)
        self.started_at = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self.listed_at_ns = time.time_ns()
        self.seconds: dict[str, float] = {}
        self._previous = warehouse.current_or_none()
        self._store = FragmentStore(warehouse.fragments_folder, reading_fingerprint() + options_fingerprint(options))

    # The steps, top to bottom ---------------------------------------------------------------------------------------

    @cached_property
    def listing(self) -> pl.DataFrame:
        """One row per file of any source, `sources.LISTED_FILE_COLUMNS`."""
        listing = list_files(self.sources)
        self._passed_over = listing.passed_over
        self._listing_fingerprint = listing_fingerprint(listing, self.listed_at_ns)
        return listing_frame(listing)

    @cached_property
    def manifest(self) -> pl.DataFrame:
        """One row per file, after everything new or changed was read (`fragments.MANIFEST_SCHEMA`)."""
        started = time.monotonic()
        manifest, read = self._store.read(
            self.listing,
            self.sources,
            self.options.limits,
            self.options.processes or os.cpu_count() or 1,
            self.listed_at_ns,
            self.options.full,
            lambda done, total: self.progress("reading", done, total),
        )
        del self.listing  # Nothing asks for it again, and the tables need its memory.
        if (manifest["outcome"] == "passed_over").all():
            places = ", ".join(str(source.location) for source in self.sources)
            raise InputError(f"{places} holds no documents, only files that are passed over, such as a README")
        self._read_count, self._read_byte_count = read.height, int(read["byte_count"].sum())
        self.seconds["reading"] = time.monotonic() - started
        return manifest

    @cached_property
    def reading(self) -> Reading:
        """What there is to tell about reading."""
        counts = self.manifest.group_by("outcome").agg(pl.len()).rows()
        identity = pl.concat_str("source_name", "path", "byte_count", "content_hash", "outcome", separator="\0")
        files = self.manifest.select(identity.str.join("\n")).item()
        whole = "\n".join([files, str(self._passed_over), code_fingerprint(), options_fingerprint(self.options)])
        return Reading(
            file_count=self.manifest.height,
            unlisted_count=sum(self._passed_over.values()),
            read_count=self._read_count,
            byte_count=int(self.manifest["byte_count"].sum()),
            read_byte_count=self._read_byte_count,
            outcomes={"document": 0, "rejected": 0, "passed_over": 0} | dict(counts),
            fingerprint=xxhash.xxh3_128_hexdigest(whole.encode()),
            seconds=self.seconds["reading"],
        )

    @property
    def is_unchanged(self) -> bool:
        """The current snapshot was built from the same content by the same code."""
        previous = self._previous
        return (
            not self.options.full and previous is not None and previous.record.fingerprint == self.reading.fingerprint
        )

    @cached_property
    def staging(self) -> Path:
        """The folder that becomes the snapshot."""
        return self.warehouse.stage(snapshot_name(self.started_at, self.reading.fingerprint))

    @cached_property
    def tables(self) -> dict[str, StoredTable]:
        """All tables, written as Parquet to the staging folder."""
        _ = self.manifest  # Reading has its own clock.
        started = time.monotonic()
        stored: dict[str, StoredTable] = {}
        published: dict[str, pl.LazyFrame] = {}
        stored["sources"] = self._write("sources", [self._sources_table().lazy()])
        tables = all_tables(self._store.parts(self.manifest), published)
        for number, (name, parts) in enumerate(tables, start=2):
            stored[name] = self._write(name, parts)
            published[name] = pl.scan_parquet(self.staging / f"{name}.parquet")
            self.progress("tables", number, len(TABLES))
        if missing := set(TABLES) - set(stored):
            raise RuntimeError(f"no function makes the tables {sorted(missing)}")
        self.seconds["tables"] = time.monotonic() - started
        return stored

    @cached_property
    def marts(self) -> dict[str, StoredTable]:
        """The DuckDB file with tables, marts, views and macros, and the marts as Parquet."""
        files = {name: self.staging / f"{name}.parquet" for name in self.tables}
        started = time.monotonic()
        before = self._previous.record.marts if self._previous else {}
        self.progress("database", 0, 1)
        build_database(self.staging / DATABASE, files)
        marts = {
            name: self._stored(file, before.get(name), pl.scan_parquet(file).select(pl.len()).collect().item(), started)
            for name, file in export_marts(self.staging / DATABASE, self.staging / "marts").items()
        }
        self.progress("database", 1, 1)
        self.seconds["database"] = time.monotonic() - started
        return marts

    @cached_property
    def check_results(self) -> list[CheckResult]:
        """Every check on the new database."""
        _ = self.marts
        started = time.monotonic()
        self.progress("checks", 0, 1)
        results = run_checks(self.staging / DATABASE)
        self.progress("checks", 1, 1)
        self.seconds["checks"] = time.monotonic() - started
        return results

    @cached_property
    def snapshot(self) -> Snapshot:
        """The published snapshot. Raises `CheckError` when an error check found offenders; nothing changes then."""
        if self.is_unchanged and self._previous is not None:
            self._remember(self._previous)
            return self._previous
        if errors := [result for result in self.check_results if result.is_error]:
            raise CheckError(
                f"not published, {len(errors)} of {len(self.check_results)} checks found offenders: "
                + "; ".join(result.sentence for result in errors)
            )
        started = time.monotonic()
        snapshot = self.warehouse.publish(self.staging, self._record())
        self._remember(snapshot)
        self.seconds["publishing"] = time.monotonic() - started
        return snapshot

    # How ------------------------------------------------------------------------------------------------------------

    def _remember(self, snapshot: Snapshot) -> None:
        self._store.store(self.manifest)
        # The next build must open files that this one could not read, also when the listing is the same.
        seen = None if (self.manifest["modified_ns"] == READ_AGAIN).any() else self._listing_fingerprint
        LastBuild(self.warehouse.fragments_folder).remember(seen, self.options, snapshot.name)

    def _sources_table(self) -> pl.DataFrame:
        def count(outcome: str) -> pl.Expr:
            return (pl.col("outcome") == outcome).sum().cast(pl.Int64)

        return self.manifest.group_by("source_name").agg(
            document_count=count("document"),
            rejected_count=count("rejected"),
            file_count=count("document") + count("rejected"),
            passed_over_count=count("passed_over")
            + pl.col("source_name").first().replace_strict(self._passed_over, return_dtype=pl.Int64),
        )

    def _write(self, name: str, parts: Sequence[pl.LazyFrame]) -> StoredTable:
        started = time.monotonic()
        file = self.staging / f"{name}.parquet"
        before = self._previous.record.tables if self._previous else {}
        return self._stored(file, before.get(name), write_table(TABLES[name], parts, file), started)

    def _stored(self, file: Path, before: StoredTable | None, row_count: int, started: float) -> StoredTable:
        """Describe a written file. Where the snapshot before has the same bytes, both share them on disk."""
        content_hash = _file_hash(file)
        if self._previous is not None and before is not None and before.content_hash == content_hash:
            try:
                link = file.with_suffix(".link")
                os.link(self._previous.folder / file.relative_to(self.staging), link)
                link.replace(file)
            except OSError:
                pass  # A file system without hard links keeps two copies.
        return StoredTable(row_count, file.stat().st_size, content_hash, round(time.monotonic() - started, 4))

    def _record(self) -> SnapshotRecord:
        return SnapshotRecord(
            built_at=self.started_at,
            fingerprint=self.reading.fingerprint,
            code=code_fingerprint(),
            sources={source.name: str(source.location.absolute()) for source in self.sources},
            limits=self.options.limits,
            file_count=self.reading.file_count,
            byte_count=self.reading.byte_count,
            read_count=self.reading.read_count,
            read_byte_count=self.reading.read_byte_count,
            document_count=self.reading.outcomes["document"],
            rejected_count=self.reading.outcomes["rejected"],
            passed_over_count=self.reading.outcomes["passed_over"] + self.reading.unlisted_count,
            tables=self.tables,
            marts=self.marts,
            checks={
                result.query.name: CheckOutcome(result.offender_count, result.sample) for result in self.check_results
            },
            seconds={phase: round(seconds, 4) for phase, seconds in self.seconds.items()},
            versions={"python": platform.python_version()}
            | {name: version(name) for name in ("broadsheet", "duckdb", "polars")},
        )


@contextmanager
def open_build(
    warehouse: Warehouse,
    sources: Sequence[Source],
    options: Options,
    progress: Progress = lambda step, done, total: None,
    wait_seconds: float = 600,
    on_wait: Callable[[str], None] = lambda message: None,
) -> Iterator[Build]:
    """A build that holds the warehouse until it ends. What it staged and did not publish is removed; only what a check
    refused stays until the next build, so that people can look for the offenders.

    Raises `BusyError` when another build holds the warehouse for longer than `wait_seconds`.
    """
    with warehouse.lock(wait_seconds, on_wait):
        build = Build(warehouse, sources, options, progress)
        warehouse.clear_staging()
        try:
            yield build
        except CheckError:
            raise
        except BaseException:
            warehouse.clear_staging()
            raise
        else:
            warehouse.clear_staging()


def _file_hash(file: Path) -> str:
    digest = xxhash.xxh3_128()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
