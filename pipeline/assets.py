"""The warehouse as Dagster assets: every table, mart and view, the snapshot that holds them, and the checks.

One step makes them all. Whatever is selected in the UI, that step builds what is out of date, checks it and publishes
one consistent snapshot; the selection decides which assets are reported as materialized. Nothing here decides anything
about documents or numbers: `build.py` does the work, `schema.py` and the comments in `sql/` say what things are.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from pydantic import Field

from pipeline.build import Build, open_build
from pipeline.checks import CheckResult, all_checks
from pipeline.database import read_only
from pipeline.queries import Query, all_queries, reads
from pipeline.reading.rejections import Limits
from pipeline.schema import TABLES
from pipeline.settings import PROJECT_FOLDER, Options, default_sources, default_warehouse
from pipeline.sources import parse_sources
from pipeline.warehouse import Snapshot, Warehouse

# Links to code and freshness policies are marked beta; Dagster's version is pinned.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

SOURCE_FILES = dg.AssetKey("source_files")
SNAPSHOT = dg.AssetKey("snapshot")
OWNERS = ["team:broadsheet"]
#: Tag of a run: the snapshot that it published or found up to date.
SNAPSHOT_TAG = "broadsheet/snapshot"
#: Columns that a preview never shows.
_NOT_SHOWN = ("secured", "body")
_PREVIEW_ROWS = 5

#: Which tables each table is made from; the others come from the source files alone.
_MADE_FROM: Mapping[str, tuple[str, ...]] = {
    "images": ("article_images",),
    "providers": ("articles",),
    "stories": ("story_articles",),
    "clock_evidence": ("articles",),
}
_TABLE_FILES = {
    "articles": ("articles", "article_versions", "article_urls", "article_images", "images", "provider_images"),
    "clocks": ("clock_offsets", "clock_evidence"),
    "documents": ("documents", "related_links", "topics", "document_topics"),
    "findings": ("findings",),
    "providers": ("providers", "provider_names", "publishers"),
    "stories": ("stories", "story_articles"),
}


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
    max_bytes: int = Field(default=10_000_000, description="Reject files larger than this.")
    max_depth: int = Field(default=20, description="Reject front matter nested deeper than this.")
    processes: int = Field(default=0, description="How many processes read; 0: one per core.")
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
    )


def table_spec(name: str) -> dg.AssetSpec:
    """One table, from the schema."""
    table = TABLES[name]
    columns = [
        dg.TableColumn(
            column.name,
            str(column.type),
            table.describe(column.name) + (f" (from `{column.source_key}`)" if column.source_key else ""),
            dg.TableColumnConstraints(nullable=column.name not in table.required),
        )
        for column in table.columns
    ]
    key = f"Key: {', '.join(table.key)}." if table.key else "No key."
    return dg.AssetSpec(
        name,
        deps=[SOURCE_FILES, *_MADE_FROM.get(name, ())],
        group_name="tables",
        description=f"{table.grain[0].upper()}{table.grain[1:]}.\n\n{key} Sorted by {', '.join(table.sorted_by)}.",
        kinds={"polars", "parquet"},
        owners=OWNERS,
        metadata={
            "dagster/column_schema": dg.TableSchema(columns),
            **_code_reference(_table_file(name)),
        },
        skippable=True,
    )


def query_spec(query: Query) -> dg.AssetSpec:
    """One view or mart, from the comment of its file."""
    paragraphs = [query.question]
    for title in ("definition", "grain", "denominator", "edge_cases", "example"):
        if text := query.text(title):
            shown = f"`{text}`" if title == "example" else text
            paragraphs.append(f"**{title.replace('_', ' ').capitalize()}** {shown}")
    return dg.AssetSpec(
        query.name,
        deps=sorted(stored_inputs(query)),
        group_name=query.kind,
        description="\n\n".join(paragraphs),
        kinds={"duckdb", "sql"},
        owners=OWNERS,
        metadata={
            "dagster/column_schema": dg.TableSchema(
                [dg.TableColumn(name, description=meaning) for name, meaning in query.columns.items()]
            ),
            **_code_reference(query.path),
        },
        skippable=True,
    )


def stored_inputs(query: Query) -> set[str]:
    """Tables, marts and views that a query reads, also through macros."""
    queries = all_queries()
    found: set[str] = set()
    for name in reads(query):
        if name in TABLES or (name in queries and queries[name].kind in ("views", "marts")):
            found.add(name)
        elif name in queries:
            found |= stored_inputs(queries[name])
    return found


def snapshot_spec() -> dg.AssetSpec:
    """The published snapshot, which holds all the others."""
    return dg.AssetSpec(
        SNAPSHOT,
        deps=[*TABLES, *(query.name for query in all_queries().values() if query.kind in ("marts", "views"))],
        group_name="publish",
        description="Everything above as one consistent state: Parquet files and `warehouse.duckdb` below "
        "`warehouse/current`. It flips only when no check finds an error; readers never see half of it.",
        kinds={"duckdb", "parquet"},
        owners=OWNERS,
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


def _table_file(name: str) -> Path:
    module = next((module for module, names in _TABLE_FILES.items() if name in names), None)
    return PROJECT_FOLDER / "pipeline" / (f"tables/{module}.py" if module else "build.py")


def _code_reference(file: Path) -> dict[str, Any]:
    return {
        "dagster/code_references": dg.CodeReferencesMetadataValue(
            code_references=[dg.LocalFileCodeReference(file_path=str(file), line_number=1)]
        )
    }


# Making them --------------------------------------------------------------------------------------------------------


@dg.multi_asset(
    name="warehouse",
    specs=[
        *map(table_spec, TABLES),
        *(query_spec(query) for query in all_queries().values() if query.kind in ("marts", "views")),
        snapshot_spec(),
    ],
    check_specs=list(map(check_spec, all_checks())),
    can_subset=True,
    description="Read what changed, make the tables, build the DuckDB file, check, publish.",
    retry_policy=dg.RetryPolicy(max_retries=0),
)
def warehouse(
    context: dg.AssetExecutionContext, config: BuildConfig, progress: dg.ResourceParam[Callable[[str, int, int], None]]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Build, check and publish one snapshot; report the selected assets."""
    with open_build(
        Warehouse(Path(config.warehouse) if config.warehouse else default_warehouse()),
        parse_sources(config.sources or default_sources()),
        config.options(),
        progress,
        config.wait_seconds,
        context.log.info,
    ) as build:
        selected_checks = {key.name for key in context.selected_asset_check_keys}
        if not build.is_unchanged:
            for result in build.check_results:
                if result.query.name in selected_checks or result.is_error:
                    yield _check_result(result)
        snapshot = build.snapshot
        context.instance.add_run_tags(context.run_id, {SNAPSHOT_TAG: snapshot.name})
        if build.is_unchanged:
            yield from (_unchanged_check_result(name, snapshot) for name in sorted(selected_checks))
        selected = {key.to_user_string() for key in context.selected_asset_keys}
        with read_only(snapshot.database) as connection:
            for name in [*sorted(TABLES, key=_MADE_FROM.__contains__), *all_queries(), "snapshot"]:
                if name in selected:
                    yield _materialization(name, build, snapshot, connection)


def _check_result(result: CheckResult) -> dg.AssetCheckResult:
    severity = result.query.header["severity"]
    metadata: dict[str, Any] = {
        "offenders": result.offender_count,
        "all offenders": dg.MetadataValue.md(f"```sql\n{result.query.select}\n```"),
    }
    if result.sample:
        metadata["first offenders"] = dg.MetadataValue.table([dg.TableRecord(row) for row in result.sample])
    return dg.AssetCheckResult(
        passed=result.passed,
        asset_key=SNAPSHOT,
        check_name=result.query.name,
        severity=dg.AssetCheckSeverity.ERROR if severity == "error" else dg.AssetCheckSeverity.WARN,
        description=result.sentence,
        metadata=metadata,
    )


def _unchanged_check_result(name: str, snapshot: Snapshot) -> dg.AssetCheckResult:
    """What the check found when the snapshot, which is still up to date, was built."""
    count = snapshot.manifest["checks"].get(name, 0)
    return dg.AssetCheckResult(
        passed=count == 0,
        asset_key=SNAPSHOT,
        check_name=name,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{count:,} offenders when {snapshot.name} was built; nothing has changed since",
        metadata={"offenders": count},
    )


def _materialization(
    name: str, build: Build, snapshot: Snapshot, connection: duckdb.DuckDBPyConnection
) -> dg.MaterializeResult[None]:
    if name == "snapshot":
        return _snapshot_materialization(build, snapshot)
    stored = snapshot.manifest["tables"].get(name) or snapshot.manifest["tables"].get(f"marts/{name}")
    metadata: dict[str, Any] = {"preview": dg.MetadataValue.md(_preview(connection, name))}
    version = f"{snapshot.manifest['fingerprint']}-{name}"
    if stored:
        version = stored["content_hash"]
        metadata |= {"dagster/row_count": stored["row_count"], "bytes": stored["byte_count"]}
        made = None if build.is_unchanged else build.tables.get(name)
        if made:
            metadata["seconds"] = round(made.seconds, 3)
    return dg.MaterializeResult(asset_key=name, metadata=metadata, data_version=dg.DataVersion(version))


def _snapshot_materialization(build: Build, snapshot: Snapshot) -> dg.MaterializeResult[None]:
    reading = build.reading
    megabytes = reading.read_byte_count / 1e6
    return dg.MaterializeResult(
        asset_key=SNAPSHOT,
        metadata={
            "snapshot": snapshot.name,
            "folder": dg.MetadataValue.path(str(snapshot.folder)),
            "documents": reading.outcomes["document"],
            "rejected documents": reading.outcomes["rejected"],
            "files": reading.file_count,
            "files read": reading.read_count,
            "megabytes read": round(megabytes, 3),
            "megabytes per second": round(megabytes / reading.seconds, 3) if reading.read_count else 0.0,
            **{f"seconds {step}": round(seconds, 3) for step, seconds in build.seconds.items()},
        },
        data_version=dg.DataVersion(snapshot.manifest["fingerprint"]),
    )


def _preview(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """The first rows as a Markdown table."""
    columns = [row[0] for row in connection.execute(f"describe {name}").fetchall() if row[0] not in _NOT_SHOWN]
    shown = ", ".join(f'"{column}"' for column in columns)
    rows = connection.execute(f"select {shown} from {name} limit {_PREVIEW_ROWS}").fetchall()
    lines = [columns, ["---"] * len(columns), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    text = "" if value is None else " ".join(str(value).replace("|", "\\|").split())
    return text if len(text) <= 60 else text[:59] + "…"
