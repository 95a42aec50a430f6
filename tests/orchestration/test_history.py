"""The run history does not grow for ever, and what the catalog shows stays."""

from __future__ import annotations

import dagster as dg

from pipeline.orchestration.history import prune_history
from pipeline.orchestration.specs import SNAPSHOT


def test_the_latest_runs_are_kept_and_the_one_that_the_catalog_shows() -> None:
    @dg.asset(key=SNAPSHOT)
    def snapshot() -> None: ...

    @dg.job
    def other() -> None: ...

    with dg.DagsterInstance.ephemeral() as history:
        shown = dg.materialize([snapshot], instance=history).run_id
        runs = [other.execute_in_process(instance=history).run_id for _ in range(5)]
        assert prune_history(history) == 0
        assert prune_history(history, keep_runs=2) == 3
        assert {run.run_id for run in history.get_runs()} == {shown, *runs[-2:]}
        assert history.get_latest_materialization_event(SNAPSHOT) is not None
        assert prune_history(history, keep_runs=2) == 0
