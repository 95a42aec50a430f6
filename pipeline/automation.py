"""What runs by itself, all of it off until someone turns it on in the UI: a sensor on the sources and a schedule.

Turning on `sources_changed` is what keeps a warehouse up to date; `nightly_build` is for sources whose changes cannot
be seen by looking at times and sizes. `broken_documents` helps either and changes nothing.
"""

import time

import dagster as dg

from pipeline.changes import LastBuild, listing_fingerprint
from pipeline.errors import BroadsheetError
from pipeline.settings import Options, default_sources, default_warehouse
from pipeline.sources import list_files, parse_sources
from pipeline.warehouse import Warehouse

BUILD_JOB = "build"


@dg.sensor(
    job_name=BUILD_JOB,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Builds when files of the sources were added, changed or removed, and only then.",
)
def sources_changed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for a run when the sources do not look as they did when the current snapshot was built."""
    warehouse = Warehouse(default_warehouse())
    try:
        listing = list_files(parse_sources(default_sources()))
    except BroadsheetError as error:
        return dg.SkipReason(str(error))
    fingerprint = listing_fingerprint(listing, time.time_ns())
    if fingerprint is None:
        return dg.SkipReason("files are still being written; looking again in a moment")
    current = warehouse.current_or_none()
    if current and LastBuild(warehouse.fragments_folder).snapshot_of(fingerprint, Options()) == current.name:
        return dg.SkipReason(f"nothing changed: {len(listing.files):,} files are as {current.name} found them")
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


@dg.run_failure_sensor(
    name="broken_documents",
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="After a failed run, names the documents that the current snapshot rejected, in the sensor's log.",
)
def broken_documents(context: dg.RunFailureSensorContext) -> None:
    """Log why the run failed and which documents are rejected."""
    from pipeline.database import read_only

    context.log.error(f"run {context.dagster_run.run_id} failed: {context.failure_event.message}")
    current = Warehouse(default_warehouse()).current_or_none()
    if current is None:
        return
    with read_only(current.database) as connection:
        query = "select source_name, path, reason, detail, line from rejected_documents order by all limit 20"
        for source_name, path, reason, detail, line in connection.execute(query).fetchall():
            context.log.error(f"{source_name}/{path}{f':{line}' if line else ''}: {reason}, {detail}")
