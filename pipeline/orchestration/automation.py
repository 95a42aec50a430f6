"""What runs by itself. All of it is off until someone turns it on in the UI, except `dead_runs`, which only tidies up.

- `sources_changed` keeps a warehouse up to date: it builds when files were added, changed or removed.
- `nightly_build` is for sources whose changes cannot be seen by looking at times and sizes.
- `dead_runs` ends the runs of processes that were killed, so that the queue does not wait for them, and removes the
  oldest of many finished ones.
"""

from pathlib import Path

import dagster as dg

from pipeline.errors import BroadsheetError
from pipeline.orchestration.history import prune_history
from pipeline.orchestration.liveness import end_dead_runs
from pipeline.orchestration.resource import WarehouseResource
from pipeline.settings import Limits, default_sources
from pipeline.sources import parse_sources
from pipeline.warehouse.last_build import built_from, look
from pipeline.warehouse.snapshots import Warehouse

BUILD_JOB = "build"


@dg.sensor(
    job_name=BUILD_JOB,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Builds when files of the sources were added, changed or removed, and only then.",
)
def sources_changed(
    context: dg.SensorEvaluationContext, warehouse: WarehouseResource
) -> dg.SensorResult | dg.SkipReason:
    """Ask for a run when the sources do not look as they did in the last build."""
    folder = Warehouse(Path(warehouse.folder))
    try:
        seen, remarks = look(parse_sources(warehouse.sources or default_sources()))
    except BroadsheetError as error:
        return dg.SkipReason(str(error))
    if seen is None:
        return dg.SkipReason("files are still being written; looking again in a moment")
    current = folder.current_or_none()
    built = built_from(folder, seen, Limits())
    if current and built == current.name:
        if not current.changed_files():
            return dg.SkipReason(f"nothing changed: all files are as {current.name} found them")
        seen = f"{seen}-{current.name}"  # What is published was damaged: to be built again, once.
    elif current and built:
        return dg.SkipReason(f"nothing changed since {built}, and someone rolled back to {current.name} since then")
    if context.cursor == seen:
        return dg.SkipReason(
            "a run for these files was asked for already; if it failed or was stopped, see to the cause and "
            "materialize all by hand, or change a file"
        )
    for remark in remarks:
        context.log.warning(remark)
    return dg.SensorResult([dg.RunRequest(run_key=seen)], cursor=seen)


nightly_build = dg.ScheduleDefinition(
    name="nightly_build",
    job_name=BUILD_JOB,
    cron_schedule="0 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Builds at 03:00 UTC, whether the sources seem to have changed or not.",
)


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Ends runs of Broadsheet whose process was killed, so that the queue does not wait for them. Runs of "
    "other jobs and of other machines are left alone.",
)
def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """End the runs of processes that are gone, and remove the oldest of very many."""
    prune_history(context.instance)
    ended = end_dead_runs(context.instance)
    return dg.SkipReason(f"ended {len(ended)} dead runs: {', '.join(ended)}" if ended else "every run is alive")
