"""How long Dagster's run history grows: the latest finished runs are kept, and the one that the catalog shows."""

import dagster as dg

from pipeline.orchestration.specs import SNAPSHOT

#: Finished runs that are kept. One takes about 2 MB.
KEEP_RUNS = 100
#: Runs that are removed at a time, so that nothing waits long.
_REMOVED_AT_ONCE = 50
_FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def prune_history(instance: dg.DagsterInstance, keep_runs: int = KEEP_RUNS) -> int:
    """Remove finished runs with their logs beyond the latest `keep_runs`, but the one that made what the catalog shows.
    Returns how many were removed."""
    shown = instance.get_latest_materialization_event(SNAPSHOT)
    finished = instance.get_run_records(dg.RunsFilter(statuses=_FINISHED), limit=keep_runs + _REMOVED_AT_ONCE)
    run_ids = [record.dagster_run.run_id for record in finished[keep_runs:]]
    removed = [run_id for run_id in run_ids if shown is None or run_id != shown.run_id]
    for run_id in removed:
        instance.delete_run(run_id)
    return len(removed)
