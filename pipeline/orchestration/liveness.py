"""Which runs are alive. A killed process ends its run nowhere, and the queue would wait for it for ever.

A run marks itself with a lock that the system takes back when its process ends, however it ends. Only runs with a mark
in this home are judged: what other jobs and other machines run is theirs.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from filelock import FileLock, Timeout

from pipeline.orchestration.home import home_folder

#: A mark this young may be about to be locked.
_YOUNG_SECONDS = 5
#: Marks of this process by run; it holds them until it ends.
_held: dict[str, FileLock] = {}


def mark_alive(run_id: str) -> None:
    """Mark a run as alive for as long as this process lives."""
    file = _marks_folder() / run_id
    file.parent.mkdir(parents=True, exist_ok=True)
    _held[run_id] = FileLock(file)
    _held[run_id].acquire()


def end_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """End the marked runs of processes that are gone; returns their ids."""
    ended = []
    for run_id in _free_marks():
        run = instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished:
            if run.status == dg.DagsterRunStatus.CANCELING:
                instance.report_run_canceled(run, message="its process is gone")
            else:
                instance.report_run_failed(run, message="its process was killed; nothing was published by it since")
            ended.append(run_id)
        (_marks_folder() / run_id).unlink(missing_ok=True)
    return ended


def _free_marks() -> Iterator[str]:
    """Run ids whose mark no process holds."""
    for file in sorted(_marks_folder().glob("*")):
        if time.time() - file.stat().st_mtime > _YOUNG_SECONDS and _is_free(file):
            yield file.name


def _is_free(file: Path) -> bool:
    try:
        with FileLock(file, timeout=0):
            return True
    except Timeout:
        return False


def _marks_folder() -> Path:
    return home_folder() / "running"
