"""A build as a run of Dagster: five steps, one after the other in one process, and what they report.

The steps share one build, which holds the lock of the warehouse. Nothing here decides anything about documents or
numbers: `pipeline/build.py` does the work.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from pydantic import Field

from pipeline.build import full_disk_in_one_sentence, open_build
from pipeline.errors import BroadsheetError, CheckError
from pipeline.orchestration.facts import (
    check_result,
    data_version,
    materializations,
    observation,
    reading_result,
    schema_result,
)
from pipeline.orchestration.phases import Phases
from pipeline.orchestration.report import is_shown
from pipeline.orchestration.resource import WarehouseResource
from pipeline.orchestration.specs import (
    READ_CHECK,
    SCHEMA_CHECK,
    asset_names,
    asset_specs,
    check_specs,
    external_specs,
)
from pipeline.schema.tables import TABLES
from pipeline.settings import Limits, Options, default_engine, default_sources, default_warehouse, engine
from pipeline.sources import parse_sources
from pipeline.warehouse.checks import all_checks, snapshot_results
from pipeline.warehouse.snapshots import Warehouse

#: Name of the graph of steps; in a run's configuration, what it is given stands below this name.
GRAPH = "warehouse"
#: Name of the job that builds another warehouse.
ELSEWHERE = "build_elsewhere"
#: Tag of a run: the snapshot that it published or found up to date.
SNAPSHOT_TAG = "broadsheet/snapshot"
#: How long a file system that failed is given before a build is tried again, once.
_RETRY_SECONDS = 5


class BuildConfig(dg.Config):
    """What to build and how."""

    sources: list[str] = Field(
        default=[],
        description="Folders of documents, each PATH or NAME=PATH. Empty: those of the resource `warehouse`.",
    )
    full: bool = Field(default=False, description="Read every file again and write everything anew.")
    max_bytes: int = Field(default=Limits().max_bytes, ge=1, description="Reject files larger than this.")
    max_depth: int = Field(default=Limits().max_depth, ge=1, description="Reject front matter nested deeper than this.")
    max_values: int = Field(
        default=Limits().max_values, ge=1, description="Reject documents of more keys and values than this."
    )
    max_rejected_share: float = Field(
        default=1.0, ge=0, le=1, description="Publish nothing when a larger share of the files is rejected."
    )
    processes: int = Field(default=0, ge=0, description="How many processes read; 0: one per core.")
    engine: str = Field(
        default=default_engine(),
        description="Who reads: `processes` of this machine, or workers of `dask`, which may run on others.",
    )
    scheduler: str = Field(
        default="",
        description="The scheduler of Dask, as tcp://host:8786. Empty: that of BROADSHEET_SCHEDULER, else as many "
        "workers as `processes`, on this machine, for this run.",
    )
    wait_seconds: float = Field(default=600, ge=0, description="How long to wait for another build.")

    def options(self) -> Options:
        """The options of the build."""
        limits = Limits(self.max_bytes, self.max_depth, self.max_values)
        return Options(
            limits,
            self.full,
            self.processes or None,
            self.max_rejected_share,
            dask=engine(self.engine, self.scheduler),
        )


# The steps ------------------------------------------------------------------------------------------------------------


def _ins(*names: str) -> dict[str, dg.In]:
    """What a step waits for; values are not handed over, since all steps see the same build."""
    return {name: dg.In(dg.Nothing) for name in names}


def _outs(*checks: str) -> dict[str, dg.Out]:
    """That a step is done, and the checks of these names, if the run speaks to the catalog at all."""
    told = [spec.get_python_identifier() for spec in check_specs() if spec.name in checks]
    return {"done": dg.Out(dg.Nothing), **{name: dg.Out(is_required=False) for name in told}}


@dg.op(
    ins=_ins(*(spec.key.to_python_identifier() for spec in external_specs())),
    out=_outs(READ_CHECK.name),
    description="List all files; read those that are new or changed.",
)
def read(context: dg.OpExecutionContext, config: BuildConfig, warehouse: WarehouseResource) -> Iterator[Any]:
    """What is refused for its rejected files fails here."""
    with _phases(context, config, warehouse) as phases:
        files = phases.read()
        refusal = _refusal(phases)
        rejections = [rejection._asdict() for rejection in files.first_rejections]
        yield from _told(
            context, [reading_result(files.document_count, files.rejected_count, rejections, refusal is not None)]
        )
        if refusal is not None:
            raise refusal
        yield dg.Output(None, "done")


def _refusal(phases: Phases) -> CheckError | None:
    try:
        phases.refuse_rejections()
    except CheckError as error:
        return error
    return None


@dg.op(ins=_ins("after"), out=_outs(SCHEMA_CHECK), description="Make all tables; write them as Parquet.")
def tables(context: dg.OpExecutionContext, config: BuildConfig, warehouse: WarehouseResource) -> Iterator[Any]:
    """A table that does not fit the schema fails here."""
    with _phases(context, config, warehouse) as phases:
        note = _since(phases)
        try:
            if not note:
                phases.tables()
        except ValueError as error:
            # What does not fit begins with the name of its table.
            misfits = [name for name in TABLES if str(error).startswith((f"{name}:", f"{name}."))]
            yield from _told(context, [schema_result(name, str(error)) for name in misfits])
            raise
        yield from _told(context, (schema_result(name, note=note) for name in TABLES))
        yield dg.Output(None, "done")


@dg.op(ins=_ins("after"), out=_outs(), description="Make the DuckDB file: tables, marts, views and macros.")
def database(context: dg.OpExecutionContext, config: BuildConfig, warehouse: WarehouseResource) -> None:
    """Everything that SQL makes."""
    with _phases(context, config, warehouse) as phases:
        if not _since(phases):
            phases.database()


@dg.op(
    ins=_ins("after"),
    out=_outs(*(query.name for query in all_checks())),
    description="Run every check of sql/checks. An error keeps what was made from being published.",
)
def checks(context: dg.OpExecutionContext, config: BuildConfig, warehouse: WarehouseResource) -> Iterator[Any]:
    """What a check refuses fails here."""
    with _phases(context, config, warehouse) as phases:
        note = _since(phases)
        kept = phases.build.previous
        results = snapshot_results(kept) if note and kept is not None else phases.checked().results
        yield from _told(context, (check_result(result, note) for result in results))
        if not note:
            phases.refuse_errors()
        yield dg.Output(None, "done")


@dg.op(
    ins=_ins("after"),
    out={name: dg.Out(dg.Nothing, is_required=False) for name in asset_names()},
    description="Make what was built the current snapshot, and report every asset. Readers never see half of it.",
)
def publish(context: dg.OpExecutionContext, config: BuildConfig, warehouse: WarehouseResource) -> Iterator[Any]:
    """Assets are reported when they are published, not before."""
    with _phases(context, config, warehouse) as phases:
        snapshot = phases.published().snapshot
        context.instance.add_run_tags(context.run.run_id, {SNAPSHOT_TAG: snapshot.name})
        if _speaks_to_catalog(context):
            context.log_event(observation(snapshot))
        yield from _told(
            context,
            (
                dg.Output(
                    None, made.asset_key.to_user_string(), metadata=made.metadata, data_version=data_version(made)
                )
                for made in materializations(snapshot)
            ),
        )


def _speaks_to_catalog(context: dg.OpExecutionContext) -> bool:
    """A run of assets does; the same steps as a plain job do not."""
    return context.has_assets_def


def _told(context: dg.OpExecutionContext, told: Iterable[Any]) -> Iterator[Any]:
    if _speaks_to_catalog(context):
        yield from told


def _since(phases: Phases) -> str:
    """A note when nothing has changed since the current snapshot; else nothing."""
    kept = phases.build.previous
    return f" (when {kept.name} was built; nothing has changed since)" if kept and phases.is_unchanged() else ""


@contextmanager
def _phases(context: dg.OpExecutionContext, config: BuildConfig, warehouse: WarehouseResource) -> Iterator[Phases]:
    """The build that the steps share. A step that fails ends it. Only errors of the file system are tried again, from
    the start; what interrupts a run is not."""
    folder = Warehouse(Path(warehouse.folder))
    if _speaks_to_catalog(context) and not is_shown(folder):
        raise dg.Failure(
            f"the assets are those of {default_warehouse()}; to build {folder.folder}, launch the job {ELSEWHERE}, or "
            f"start the UI for it: broadsheet ui --warehouse {folder.folder}"
        )
    try:
        sources = parse_sources(config.sources or warehouse.sources or default_sources())
        with full_disk_in_one_sentence(folder):
            yield warehouse.phases(
                context.log, lambda watch: open_build(folder, sources, config.options(), watch, config.wait_seconds)
            )
    except (OSError, duckdb.IOException) as error:
        warehouse.close()
        if context.retry_number == 0:
            raise dg.RetryRequested(max_retries=1, seconds_to_wait=_RETRY_SECONDS) from error
        raise dg.Failure(f"failed, also when tried again ({error}); make room, or look after the disk") from error
    except BroadsheetError as error:
        warehouse.close()
        raise dg.Failure(str(error)) from None
    except Exception as error:
        warehouse.close()
        raise dg.Failure(f"{type(error).__name__}: {error}") from error


# The steps as assets, and as a job ------------------------------------------------------------------------------------


@dg.graph(
    name=GRAPH,
    description="Read what changed, make the tables, build the DuckDB file, check, publish.",
    ins={spec.key.to_python_identifier(): dg.GraphIn() for spec in external_specs()},
    out={
        name: dg.GraphOut() for step in (read, tables, checks, publish) for name in step.output_dict if name != "done"
    },
    config=dg.ConfigMapping(
        config_fn=lambda config: {
            step: {"config": config} for step in ("read", "tables", "database", "checks", "publish")
        },
        config_schema=BuildConfig.to_fields_dict(),
    ),
)
def steps(source_files: Any, reference: Any) -> Any:
    """The steps in their order, and everything that they tell."""
    has_read = read(source_files=source_files, reference=reference)
    has_tables = tables(has_read.done)
    has_database = database(has_tables.done)
    has_checked = checks(has_database)
    has_published = publish(has_checked.done)
    return {
        name: getattr(step, name)
        for step in (has_read, has_tables, has_checked, has_published)
        for name in step._fields
        if name != "done"
    }


def warehouse_assets() -> dg.AssetsDefinition:
    """Every table, mart and view, and the snapshot: made together, whichever of them is asked for."""
    specs = {spec.key: spec for spec in asset_specs()}
    assets = dg.AssetsDefinition.from_graph(
        steps,
        keys_by_input_name={spec.key.to_python_identifier(): spec.key for spec in external_specs()},
        keys_by_output_name={key.to_python_identifier(): key for key in specs},
        internal_asset_deps={
            key.to_python_identifier(): {dep.asset_key for dep in spec.deps} for key, spec in specs.items()
        },
        check_specs=check_specs(),
    )
    return assets.map_asset_specs(lambda spec: specs[spec.key])


def build_elsewhere() -> dg.JobDefinition:
    """The same steps for another warehouse, which the catalog does not show."""
    return steps.to_job(
        name=ELSEWHERE,
        description="Build another warehouse than the one that the assets show, to try something. Name its folder in "
        "resources > warehouse. Nothing is reported to the catalog; the run and its log say what there is to say.",
        resource_defs={"warehouse": WarehouseResource.configure_at_launch()},
        executor_def=dg.in_process_executor,
    )
