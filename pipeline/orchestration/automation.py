"""What runs by itself. All of it is off until someone turns it on in the UI, except `dead_runs`, which only tidies up.

- `sources_changed` keeps a warehouse up to date: it builds when files were added, changed or removed.
- `nightly_build` is for sources whose changes cannot be seen by looking at times and sizes.
- `downstream` makes the views again after someone materialized tables alone.
- `broken_documents` says in its log why a run failed and which documents were rejected. It changes nothing.
- `dead_runs` ends the runs of processes that were killed, so that the queue does not wait for them.
"""

import dagster as dg

from pipeline.errors import BroadsheetError
from pipeline.orchestration.assets import REJECTED
from pipeline.orchestration.history import end_dead_runs
from pipeline.settings import Limits, default_sources, default_warehouse
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
def sources_changed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for a run when the sources do not look as they did in the last build."""
    warehouse = Warehouse(default_warehouse())
    try:
        fingerprint = look(parse_sources(default_sources()))
    except BroadsheetError as error:
        return dg.SkipReason(str(error))
    if fingerprint is None:
        return dg.SkipReason("files are still being written; looking again in a moment")
    current = warehouse.current_or_none()
    built = built_from(warehouse, fingerprint, Limits())
    if current and built == current.name:
        return dg.SkipReason(f"nothing changed: {current.record.file_count:,} files are as {current.name} found them")
    if current and built:
        return dg.SkipReason(f"nothing changed since {built}, and someone rolled back to {current.name} since then")
    if context.cursor == fingerprint:
        return dg.SkipReason("a run for these files was asked for already")
    return dg.SensorResult([dg.RunRequest(run_key=fingerprint)], cursor=fingerprint)


nightly_build = dg.ScheduleDefinition(
    name="nightly_build",
    job_name=BUILD_JOB,
    cron_schedule="0 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Builds at 03:00 UTC, whether the sources seem to have changed or not.",
)

downstream = dg.AutomationConditionSensorDefinition(
    "downstream",
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Makes views, marts and the snapshot again after what they are made from was materialized alone.",
)


@dg.run_failure_sensor(
    name="broken_documents",
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="After a failed run, says why it failed and names the rejected documents, in the sensor's log.",
)
def broken_documents(context: dg.RunFailureSensorContext) -> None:
    """Log why the run failed and which documents it rejected."""
    run = context.dagster_run
    context.log.error(f"run {run.run_id} of {run.job_name} failed: {context.failure_event.message}")
    for event in context.get_step_failure_events():
        failure = event.step_failure_data.user_failure_data
        error = event.step_failure_data.error
        context.log.error(failure.description if failure and failure.description else str(error and error.message))
        if failure and REJECTED in failure.metadata:
            context.log.error(f"rejected documents: {failure.metadata[REJECTED].value}")


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Ends the runs of processes that were killed, so that the queue does not wait for them.",
)
def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """End the runs of processes that are gone."""
    ended = end_dead_runs(context.instance)
    return dg.SkipReason(f"ended {len(ended)} dead runs: {', '.join(ended)}" if ended else "every run is alive")
