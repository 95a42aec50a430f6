"""What Dagster loads: `make ui`, `dagster dev` or `dg dev`."""

from pathlib import Path

import dagster as dg
from pydantic import Field

from pipeline.orchestration.assets import SNAPSHOT_TAG, published_again, source_files, warehouse
from pipeline.orchestration.automation import (
    BUILD_JOB,
    broken_documents,
    dead_runs,
    downstream,
    nightly_build,
    sources_changed,
)
from pipeline.orchestration.history import alive
from pipeline.orchestration.runs import Shell
from pipeline.settings import default_warehouse
from pipeline.warehouse.snapshots import Warehouse

build = dg.define_asset_job(
    BUILD_JOB,
    selection=dg.AssetSelection.all(),
    description="Read what changed, make all tables and views, check them and publish a snapshot.",
)
full_rebuild = dg.define_asset_job(
    "full_rebuild",
    selection=dg.AssetSelection.all(),
    config={"ops": {"warehouse": {"config": {"full": True}}}},
    description="Read every file again and write everything anew.",
)


class RollbackConfig(dg.Config):
    """Which snapshot to publish again."""

    snapshot: str = Field(default="", description="A part of its name. Empty: the one before the current.")
    warehouse: str = Field(default="", description="The warehouse folder. Empty: the default.")
    wait_seconds: float = Field(default=60, description="How long to wait for another build.")


@dg.op(description="Points `warehouse/current` to an earlier snapshot. Nothing is copied or removed.")
def point_to_snapshot(context: dg.OpExecutionContext, config: RollbackConfig, shell: dg.ResourceParam[Shell]) -> None:
    """Publish an earlier snapshot again, and let the asset `snapshot` show it."""

    def say(message: str) -> None:
        context.log.info(message)
        shell.say(message)

    folder = Warehouse(Path(config.warehouse) if config.warehouse else default_warehouse())
    with alive(context.run.run_id), folder.lock(config.wait_seconds, say):
        snapshot = folder.rollback(config.snapshot or None)
        context.instance.add_run_tags(context.run.run_id, {SNAPSHOT_TAG: snapshot.name})
        for event in published_again(snapshot):
            context.log_event(event)  # type: ignore[arg-type]  # Its type does not know of results of checks.
    context.log.info(f"the current snapshot is now {snapshot.name}")


@dg.job(description="Publish an earlier snapshot again: the one before the current, or the one named.")
def rollback() -> None:
    """Publish an earlier snapshot again."""
    point_to_snapshot()


@dg.definitions
def definitions() -> dg.Definitions:
    """Assets, checks, jobs and automation of Broadsheet."""
    return dg.Definitions(
        assets=[source_files(), warehouse],
        jobs=[build, full_rebuild, rollback],
        sensors=[sources_changed, downstream, broken_documents, dead_runs],
        schedules=[nightly_build],
        resources={"shell": dg.ResourceDefinition.hardcoded_resource(Shell())},
        executor=dg.in_process_executor,
    )
