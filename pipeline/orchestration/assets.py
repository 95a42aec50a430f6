"""The warehouse as Dagster assets: every table, mart and view, the snapshot that holds them, and the checks.

One step makes them all. Whatever is selected in the UI, that step builds what is out of date, checks it and publishes
one consistent snapshot; the selection decides which assets are reported as materialized. Nothing here decides anything
about documents or numbers: `build.py` does the work, `schema/` and the comments in `sql/` say what things are.
"""

import inspect
import re
import threading
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import xxhash
from dagster._core.definitions.data_version import DATA_VERSION_TAG
from pydantic import Field

from pipeline.build import (
    Build,
    Built,
    ReadFiles,
    Watch,
    build_database,
    is_unchanged,
    keep,
    open_build,
    publish,
    read_files,
    refuse_errors,
    refuse_rejections,
    write_tables,
)
from pipeline.build import run_checks as check_database
from pipeline.errors import BroadsheetError
from pipeline.fingerprints import table_fingerprint
from pipeline.orchestration.history import alive
from pipeline.orchestration.runs import Shell
from pipeline.schema.columns import SQL_TYPES
from pipeline.schema.tables import TABLES
from pipeline.settings import PROJECT_FOLDER, SQL_FOLDER, Limits, Options, default_sources, default_warehouse
from pipeline.sources import parse_sources
from pipeline.tables import made_from, table_functions
from pipeline.warehouse.checks import CheckResult, all_checks, run_checks, snapshot_results
from pipeline.warehouse.database import read_only
from pipeline.warehouse.parquet import validate
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from pipeline.warehouse.sql_files import Query, all_queries, stored_inputs

# Links to code and freshness policies are marked beta; Dagster's version is pinned.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

SOURCE_FILES = dg.AssetKey("source_files")
SNAPSHOT = dg.AssetKey("snapshot")
OWNERS = ["team:broadsheet"]
#: Tag of a run: the snapshot that it published or found up to date.
SNAPSHOT_TAG = "broadsheet/snapshot"
#: What the sensor `downstream` acts on, once it is turned on: something was made anew, and what is below it was not.
WHEN_INPUTS_CHANGE = dg.AutomationCondition.eager().with_label("after its inputs were made anew")
#: Shown where evaluation is turned on in dagster.yaml. A build that finds nothing changed counts as fresh.
FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=7), warn_window=timedelta(days=2))
#: Columns that a preview never shows.
_NOT_SHOWN = ("secured", "body")
_PREVIEW_ROWS = 5
#: The check that every table was written as `schema/` describes it; all other checks are files in `sql/checks/`.
SCHEMA_CHECK = "tables_fit_the_schema"

#: Kinds of queries that are assets.
_STORED = ("marts", "views")
#: Where a failed run names rejected documents, and how many.
REJECTED = "rejected documents"
_NAMED_DOCUMENTS = 20
#: Seconds that counting and previewing views may take in one run; a very large warehouse shows fewer previews.
_PREVIEW_SECONDS = 3.0


class BuildConfig(dg.Config):
    """What to build and how."""

    sources: list[str] = Field(
        default_factory=list,
        description="Folders of documents, each PATH or NAME=PATH. Empty: $BROADSHEET_SOURCES, else seeds/.",
    )
    warehouse: str = Field(
        default="", description="The warehouse folder. Empty: $BROADSHEET_WAREHOUSE, else warehouse/ of the project."
    )
    full: bool = Field(default=False, description="Read every file again and write everything anew.")
    max_bytes: int = Field(default=10_000_000, ge=1, description="Reject files larger than this.")
    max_depth: int = Field(default=20, ge=1, description="Reject front matter nested deeper than this.")
    processes: int = Field(default=0, ge=0, description="How many processes read; 0: one per core.")
    wait_seconds: float = Field(default=600, description="How long to wait for another build.")

    def options(self) -> Options:
        """The options of the build."""
        return Options(Limits(self.max_bytes, self.max_depth), self.full, self.processes or None)


# What the assets are ------------------------------------------------------------------------------------------------


def source_files() -> dg.AssetSpec:
    """The documents upstream writes; Broadsheet reads them and never changes them."""
    return dg.AssetSpec(
        SOURCE_FILES,
        group_name="sources",
        description="Files with YAML front matter that upstream publishes, one per piece of news and point of view.",
        kinds={"yaml", "file"},
        owners=OWNERS,
        tags={"broadsheet/kind": "source"},
    )


def table_spec(name: str) -> dg.AssetSpec:
    """One table, from the schema."""
    table = TABLES[name]
    source_keys = table.source_keys
    columns = [
        dg.TableColumn(
            column.name,
            SQL_TYPES[column.type],
            table.describe(column.name)
            + (f" (from `{source_keys[column.name]}`)" if column.name in source_keys else ""),
            dg.TableColumnConstraints(nullable=column.name not in table.required),
        )
        for column in table.columns
    ]
    key = f"Key: {', '.join(table.key)}." if table.key else "No key."
    function = table_functions()[name]
    file, line = Path(inspect.getfile(function)), inspect.getsourcelines(function)[1]
    return dg.AssetSpec(
        name,
        deps=[SOURCE_FILES, *(made for made in made_from()[name] if made in TABLES)],
        group_name="tables",
        description=f"{table.grain[0].upper()}{table.grain[1:]}.\n\n{key} Sorted by {', '.join(table.sorted_by)}.",
        kinds={"polars", "parquet"},
        owners=OWNERS,
        tags={"broadsheet/kind": "table", "broadsheet/file": file.name},
        metadata={
            "dagster/column_schema": dg.TableSchema(columns),
            "dagster/relation_identifier": f"warehouse.{name}",
            **_code_reference(file, line),
        },
        code_version=table_fingerprint()[:8],
        skippable=True,
    )


def query_spec(query: Query) -> dg.AssetSpec:
    """One view or mart, from the comment of its file."""
    paragraphs = [query.question]
    for title in ("definition", "grain", "denominator", "edge_cases", "example"):
        if text := query.text(title):
            shown = f"`{text}`" if title == "example" else text
            paragraphs.append(f"**{title.replace('_', ' ').capitalize()}** {shown}")
    inputs = sorted(stored_inputs(query))
    paragraphs.append(f"**Made from** {', '.join(f'`{name}`' for name in inputs)}")
    return dg.AssetSpec(
        query.name,
        deps=inputs,
        group_name=_group(query),
        description="\n\n".join(paragraphs),
        kinds={"duckdb", "sql"},
        owners=OWNERS,
        tags={"broadsheet/kind": query.kind.removesuffix("s"), "broadsheet/file": query.path.name},
        automation_condition=WHEN_INPUTS_CHANGE,
        metadata={
            "dagster/column_schema": dg.TableSchema(
                # Types are known once it is built: the materialization has them.
                [dg.TableColumn(name, "any", meaning) for name, meaning in query.columns.items()]
            ),
            "dagster/relation_identifier": f"warehouse.{query.name}",
            **_code_reference(query.path),
        },
        code_version=xxhash.xxh3_64_hexdigest(query.select.encode())[:8],
        skippable=True,
    )


def _group(query: Query) -> str:
    """Marts stand together, views by the chapter of the book of metrics."""
    return query.kind if query.kind == "marts" else re.sub(r"\W+", "_", query.header["chapter"].lower())


def snapshot_spec() -> dg.AssetSpec:
    """The published snapshot, which holds all the others."""
    return dg.AssetSpec(
        SNAPSHOT,
        deps=[*TABLES, *(query.name for query in all_queries().values() if query.kind in _STORED)],
        group_name="publish",
        description="Everything above as one consistent state: Parquet files and `warehouse.duckdb` below "
        "`warehouse/current`. It flips only when no check finds an error; readers never see half of it.",
        kinds={"duckdb", "parquet"},
        owners=OWNERS,
        tags={"broadsheet/kind": "snapshot"},
        automation_condition=WHEN_INPUTS_CHANGE,
        freshness_policy=FRESHNESS,
        skippable=True,
    )


def check_spec(query: Query) -> dg.AssetCheckSpec:
    """One check of `sql/checks/`; an error keeps the snapshot from being published."""
    is_error = query.header["severity"] == "error"
    return dg.AssetCheckSpec(
        query.name,
        asset=SNAPSHOT,
        description=f"{query.question} Offenders: {query.text('remedy')}.",
        blocking=is_error,
        metadata={"severity": query.header["severity"], **_code_reference(query.path)},
    )


def schema_check_spec() -> dg.AssetCheckSpec:
    """The rule that writing a table enforces; when it is broken nothing is published."""
    return dg.AssetCheckSpec(
        SCHEMA_CHECK,
        asset=SNAPSHOT,
        description="Does every table have the columns and types of `pipeline/schema/`, no null where there is "
        "none to be, and no key twice? Offenders: a defect of the function that makes the table.",
        blocking=True,
        metadata={"severity": "error", **_code_reference(PROJECT_FOLDER / "pipeline" / "warehouse" / "parquet.py")},
    )


def _code_reference(file: Path, line: int = 1) -> dict[str, Any]:
    return {
        "dagster/code_references": dg.CodeReferencesMetadataValue(
            code_references=[dg.LocalFileCodeReference(file_path=str(file), line_number=line)]
        )
    }


# Making them --------------------------------------------------------------------------------------------------------


@dg.multi_asset(
    name="warehouse",
    specs=[
        *map(table_spec, TABLES),
        *(query_spec(query) for query in all_queries().values() if query.kind in _STORED),
        snapshot_spec(),
    ],
    check_specs=[schema_check_spec(), *map(check_spec, all_checks())],
    can_subset=True,
    description="Read what changed, make the tables, build the DuckDB file, check, publish.",
    # Only a file system that fails is tried again; documents and code would fail in the same way.
    retry_policy=dg.RetryPolicy(max_retries=1, delay=5),
)
def warehouse(
    context: dg.AssetExecutionContext, config: BuildConfig, shell: dg.ResourceParam[Shell]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult | dg.AssetObservation]:
    """Build, check and publish one snapshot; report the selected assets."""

    def say(message: str) -> None:
        context.log.info(message)
        shell.say(message)

    with (
        alive(context.run.run_id),
        _final_failures() as begun,
        open_build(
            Warehouse(Path(config.warehouse) if config.warehouse else default_warehouse()),
            parse_sources(config.sources or default_sources()),
            config.options(),
            Watch(shell.progress, context.log.info, say),
            config.wait_seconds,
        ) as build,
    ):
        selected_checks = {key.name for key in context.selected_asset_check_keys}
        if not context.selected_asset_keys:
            current = build.warehouse.current()
            yield from (r for r in _results_on(current) if r.check_name in selected_checks)
            return

        def told(results: Iterable[dg.AssetCheckResult]) -> Iterator[dg.AssetCheckResult]:
            for result in results:
                if result.check_name in selected_checks:
                    yield result
                else:
                    # A selection publishes a whole snapshot, so all that is known of the snapshot is told.
                    context.log_event(_evaluation(result))

        read = read_files(build)
        begun.append(read)
        refuse_rejections(build, read)
        if is_unchanged(build, read):
            built = keep(build, read)
            yield from told(_results_of(built.snapshot))
        else:
            try:
                tables = write_tables(build, read)
            except ValueError as error:
                yield from told([_schema_check_result(False, str(error))])
                raise
            database = build_database(build, tables)
            checked = check_database(build, database)
            fits = _schema_check_result(True, f"all {len(tables.tables)} tables are as the schema describes them")
            yield from told([fits, *map(_check_result, checked.results)])
            refuse_errors(checked)
            built = publish(build, read, tables, database, checked)
        snapshot = built.snapshot
        context.instance.add_run_tags(context.run.run_id, {SNAPSHOT_TAG: snapshot.name})
        yield _source_observation(build, built)
        selected = {key.to_user_string() for key in context.selected_asset_keys}
        with read_only(snapshot.database) as connection:
            previews = Previews(connection, _PREVIEW_SECONDS)
            for name in [*made_from(), *all_queries()]:
                if name in selected:
                    yield _materialization(name, snapshot, previews)
            made = _snapshot_materialization(built, connection)
            if "snapshot" in selected:
                yield made
            elif built.is_new:
                context.log_event(
                    dg.AssetMaterialization(
                        SNAPSHOT, metadata=made.metadata, tags={DATA_VERSION_TAG: snapshot.record.fingerprint}
                    )
                )


@contextmanager
def _final_failures() -> Iterator[list[ReadFiles]]:
    """Fail for good, naming the documents that were rejected; only errors of the file system are tried again."""
    begun: list[ReadFiles] = []
    try:
        yield begun
    except (OSError, duckdb.IOException):
        raise
    except Exception as error:
        rejected = "\n".join(file.file for read in begun for file in read.first_rejections)
        what = str(error) if isinstance(error, BroadsheetError) else f"{type(error).__name__}: {error}"
        raise dg.Failure(what, {REJECTED: rejected} if rejected else None, allow_retries=False) from error


def _evaluation(result: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    """A result of a check that the step does not have to report."""
    assert result.check_name is not None
    return dg.AssetCheckEvaluation(
        asset_key=SNAPSHOT,
        check_name=result.check_name,
        passed=result.passed,
        severity=result.severity,
        description=result.description,
        metadata=result.metadata,
    )


def _schema_check_result(passed: bool, description: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=passed,
        asset_key=SNAPSHOT,
        check_name=SCHEMA_CHECK,
        description=description,
        metadata={"offenders": 0 if passed else 1},
    )


def _check_result(result: CheckResult, note: str = "") -> dg.AssetCheckResult:
    severity = result.query.header["severity"]
    metadata: dict[str, Any] = {
        "offenders": result.offender_count,
        "all offenders": _as_sql(result),
    }
    if result.sample:
        metadata["first offenders"] = dg.MetadataValue.table([dg.TableRecord(row) for row in result.sample])
    return dg.AssetCheckResult(
        passed=result.passed,
        asset_key=SNAPSHOT,
        check_name=result.query.name,
        severity=dg.AssetCheckSeverity.ERROR if severity == "error" else dg.AssetCheckSeverity.WARN,
        description=result.sentence + note,
        metadata=metadata,
    )


def _results_of(snapshot: Snapshot) -> Iterator[dg.AssetCheckResult]:
    """What the checks found when the snapshot was built, which nothing changes any more."""
    yield _schema_check_result(True, f"held when {snapshot.name} was built; nothing has changed since")
    for result in snapshot_results(snapshot):
        yield _check_result(result, f" (when {snapshot.name} was built; nothing has changed since)")


def published_again(snapshot: Snapshot) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """What a rollback reports: the asset `snapshot` is what it was when it was built, and so are its checks."""
    record = snapshot.record
    yield dg.AssetMaterialization(
        SNAPSHOT,
        description=f"{snapshot.name} is published again.",
        metadata=_identity(snapshot)
        | {"documents": record.document_count, "rejected documents": record.rejected_count},
        tags={DATA_VERSION_TAG: record.fingerprint},
    )
    yield from map(_evaluation, _results_of(snapshot))


def _results_on(snapshot: Snapshot) -> Iterator[dg.AssetCheckResult]:
    """Every check once more on a published snapshot."""
    try:
        for table in TABLES.values():
            validate(table, pl.scan_parquet(snapshot.table(table.name)))
        yield _schema_check_result(True, f"all {len(TABLES)} tables are as the schema describes them")
    except ValueError as error:
        yield _schema_check_result(False, str(error))
    yield from map(_check_result, run_checks(snapshot.database))


def _as_sql(result: CheckResult) -> dg.MarkdownMetadataValue:
    path = result.query.path.relative_to(SQL_FOLDER.parent)
    option = "--refused " if result.is_error else ""
    return dg.MetadataValue.md(f"`broadsheet sql {option}--file {path}`\n\n```sql\n{result.query.select}\n```")


# What there is to tell about them ------------------------------------------------------------------------------------


def _source_observation(build: Build, built: Built) -> dg.AssetObservation:
    reading = built.read
    return dg.AssetObservation(
        SOURCE_FILES,
        description=", ".join(f"{source.name}: {source.location}" for source in build.sources),
        metadata={
            "files": reading.file_count,
            "bytes": reading.byte_count,
            "files passed over": built.snapshot.record.passed_over_count,
            **{f"folder of {source.name}": dg.MetadataValue.path(source.location) for source in build.sources},
        },
    )


def _materialization(name: str, snapshot: Snapshot, previews: "Previews") -> dg.MaterializeResult[None]:
    metadata: dict[str, Any] = {}
    stored = (snapshot.record.tables | snapshot.record.marts).get(name)
    if stored:
        version = stored.content_hash
        metadata |= {"dagster/row_count": stored.row_count, "bytes": stored.byte_count}
        if seconds := stored.seconds:
            metadata |= {"seconds": round(seconds, 3), "rows per second": round(stored.row_count / seconds, 1)}
    else:
        version = f"{snapshot.record.fingerprint}-{name}"
    metadata |= previews.table(name) if stored else previews.view(name)
    if name not in TABLES:
        metadata["dagster/column_schema"] = previews.schema(all_queries()[name])
    return dg.MaterializeResult(asset_key=name, metadata=metadata, data_version=dg.DataVersion(version))


def _snapshot_materialization(built: Built, connection: duckdb.DuckDBPyConnection) -> dg.MaterializeResult[None]:
    snapshot, reading = built.snapshot, built.read
    megabytes = reading.read_byte_count / 1e6
    metadata: dict[str, Any] = _identity(snapshot) | {
        "documents": reading.document_count,
        "rejected documents": reading.rejected_count,
        "files": reading.file_count,
        "files read": reading.read_count,
        "seconds": round(sum(built.seconds.values()), 3),
    }
    if built.is_new:
        # Only builds that built have a throughput; the others would bend the plots.
        metadata |= {"megabytes read": round(megabytes, 3)} | {
            f"seconds {step}": round(seconds, 3) for step, seconds in built.seconds.items()
        }
        if reading.read_count:
            metadata["megabytes read per second"] = round(megabytes / reading.seconds, 3)
    if reading.rejected_count:
        rows = connection.execute(f"{REJECTED_DOCUMENTS} limit {_PREVIEW_ROWS}").fetchall()
        names = ("file", "line", "reason", "detail")
        metadata["first rejected documents"] = dg.MetadataValue.table(
            [dg.TableRecord(dict(zip(names, map(_cell, row), strict=True))) for row in rows]
        )
    return dg.MaterializeResult(
        asset_key=SNAPSHOT, metadata=metadata, data_version=dg.DataVersion(snapshot.record.fingerprint)
    )


def _identity(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "snapshot": snapshot.name,
        "folder": dg.MetadataValue.path(str(snapshot.folder)),
        "database": dg.MetadataValue.path(str(snapshot.database)),
        "bytes": sum(item.byte_count for item in (*snapshot.record.tables.values(), *snapshot.record.marts.values())),
    }


#: File, line, reason and detail of the rejected documents in a stable order.
REJECTED_DOCUMENTS = "select concat(source_name, '/', path), line, reason, detail from rejected_documents order by all"


class Previews:
    """Looks at tables and views; at views, which are computed for it, only until the given seconds are over."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds

    def schema(self, query: Query) -> dg.TableSchema:
        """The columns with their types."""
        return dg.TableSchema(
            [dg.TableColumn(name, kind, query.columns.get(name)) for name, kind in self._columns[query.name]]
        )

    @cached_property
    def _columns(self) -> dict[str, list[tuple[str, str]]]:
        """Names and types of the columns of everything in the database, asked for at once."""
        columns: dict[str, list[tuple[str, str]]] = {}
        rows = self._connection.execute(
            "select table_name, column_name, lower(data_type) from duckdb_columns() where not internal "
            "order by table_name, column_index"
        ).fetchall()
        for table, name, kind in rows:
            columns.setdefault(table, []).append((name, kind))
        return columns

    def table(self, name: str) -> dict[str, Any]:
        """The first rows."""
        result = self._connection.execute(f"select * from {name} limit {_PREVIEW_ROWS}")
        return _preview([column for column, *_ in result.description or []], result.fetchall())

    def view(self, name: str) -> dict[str, Any]:
        """The first rows, how many there are and how long it takes; nothing when the time is over."""
        if self._seconds <= 0:
            return {}
        timer = threading.Timer(self._seconds, self._connection.interrupt)
        timer.start()
        started = time.monotonic()
        try:
            result = self._connection.execute(f"select *, count(*) over () from {name} limit {_PREVIEW_ROWS}")
            rows = result.fetchall()
        except duckdb.InterruptException:
            rows = None
        finally:
            timer.cancel()
            seconds = time.monotonic() - started
            self._seconds -= seconds
        if rows is None:
            return {}
        columns = [column for column, *_ in result.description or []][:-1]
        return {
            "dagster/row_count": rows[0][-1] if rows else 0,
            "seconds": round(seconds, 4),
            **_preview(list(columns), rows),
        }


def _preview(columns: list[str], rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    """Rows as a Markdown table; values beyond the given columns are left out."""
    shown = [number for number, column in enumerate(columns) if column not in _NOT_SHOWN]
    lines = [
        [columns[number] for number in shown],
        ["---"] * len(shown),
        *([_cell(row[number]) for number in shown] for row in rows),
    ]
    return {"preview": dg.MetadataValue.md("\n".join(f"| {' | '.join(line)} |" for line in lines))}


def _cell(value: Any) -> str:
    if isinstance(value, float):
        value = f"{value:.6g}"
    text = "" if value is None else " ".join(str(value).replace("|", "\\|").split())
    return text if len(text) <= 60 else text[:59] + "…"
