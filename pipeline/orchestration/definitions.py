"""What Dagster loads: assets, checks, jobs, resources and what runs by itself."""

from pathlib import Path

import dagster as dg
from pydantic import Field

from pipeline.orchestration.automation import BUILD_JOB, dead_runs, nightly_build, sources_changed
from pipeline.orchestration.facts import events
from pipeline.orchestration.html_report import html_report
from pipeline.orchestration.report import is_shown
from pipeline.orchestration.resource import WarehouseResource
from pipeline.orchestration.specs import external_specs
from pipeline.orchestration.step import GRAPH, SNAPSHOT_TAG, build_elsewhere, warehouse_assets
from pipeline.settings import default_sources, default_warehouse, report_file
from pipeline.warehouse.snapshots import Warehouse

build = dg.define_asset_job(
    BUILD_JOB,
    selection=dg.AssetSelection.all(),
    description="Read what changed, make all tables and views, check them and publish a snapshot.",
)
full_rebuild = dg.define_asset_job(
    "full_rebuild",
    selection=dg.AssetSelection.all(),
    config={"ops": {GRAPH: {"config": {"full": True}}}},
    description="Read every file again and write everything anew.",
)


class RollbackConfig(dg.Config):
    """Which snapshot to publish again."""

    snapshot: str = Field(default="", description="A part of its name. Empty: the one before the current.")
    wait_seconds: float = Field(default=60, ge=0, description="How long to wait for another build.")


@dg.op(description="Points warehouse/current to an earlier snapshot. Nothing is copied or removed.")
def point_to_snapshot(context: dg.OpExecutionContext, config: RollbackConfig, warehouse: WarehouseResource) -> None:
    """Publish an earlier snapshot again, and let every asset and check show it."""
    folder = Warehouse(Path(warehouse.folder))
    with folder.lock(config.wait_seconds, context.log.info):
        snapshot = folder.rollback(config.snapshot or None)
    context.log.info(f"the current snapshot is now {snapshot.name}")
    context.instance.add_run_tags(context.run.run_id, {SNAPSHOT_TAG: snapshot.name})
    if is_shown(folder):
        for event in events(snapshot):
            context.log_event(event)  # type: ignore[arg-type]  # Its type does not know of results of checks.


@dg.job(description="Publish an earlier snapshot again: the one before the current, or the one named.")
def rollback() -> None:
    """Publish an earlier snapshot again."""
    point_to_snapshot()


@dg.definitions
def definitions() -> dg.Definitions:
    """All of it."""
    file = report_file()
    return dg.Definitions(
        assets=[*external_specs(), warehouse_assets(), *([html_report(file)] if file else [])],
        jobs=[build, full_rebuild, build_elsewhere(), rollback],
        sensors=[sources_changed, dead_runs],
        schedules=[nightly_build],
        resources={"warehouse": WarehouseResource(folder=str(default_warehouse()), sources=default_sources())},
        executor=dg.in_process_executor,
    )
