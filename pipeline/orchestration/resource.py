"""The warehouse as a resource of Dagster: which one, from which sources, and the build that a run's steps share."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import dagster as dg
from pydantic import Field, PrivateAttr

from pipeline.build import Build, Watch
from pipeline.orchestration.liveness import mark_alive
from pipeline.orchestration.phases import Phases

#: How often the log says how far a phase is.
_PROGRESS_SECONDS = 10


class WarehouseResource(dg.ConfigurableResource[Any]):
    """Which warehouse is built and asked, and from which sources. During a run it holds the build that is open, from
    the first step to the last."""

    folder: str = Field(description="The warehouse folder: readers find its tables and the DuckDB file there.")
    sources: list[str] = Field(
        default=[],
        description="What is read when a run names nothing else: folders of documents, each PATH or NAME=PATH.",
    )
    _phases: Phases | None = PrivateAttr(default=None)
    _is_open: bool = PrivateAttr(default=False)
    _held: ExitStack = PrivateAttr(default_factory=ExitStack)
    _log: dg.DagsterLogManager | None = PrivateAttr(default=None)
    _progress_at: float = PrivateAttr(default=0)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Any]:
        """Mark the run as alive; end the build that an interrupted run leaves open."""
        if context.run is not None:
            mark_alive(context.run.run_id)
        try:
            yield self
        finally:
            if self._is_open and not (self._phases and self._phases.is_published):
                self._say("stopped; nothing was published")
            self.close()

    def phases(self, log: dg.DagsterLogManager, opened: Callable[[Watch], AbstractContextManager[Build]]) -> Phases:
        """The phases of the build that is open, or of one that is opened for this step and those after it; what they
        say goes to the log of the step."""
        self._log, self._is_open = log, True
        if self._phases is None:
            self._progress_at = time.monotonic()
            watch = Watch(self._progress, self._say, self._say)
            self._phases = Phases(self._held.enter_context(opened(watch)))
        return self._phases

    def close(self) -> None:
        """End the build: what it staged and did not publish is removed, and the lock is free."""
        self._phases, self._is_open = None, False
        self._held.close()

    def _say(self, text: str) -> None:
        if self._log is not None:
            self._log.info(text)

    def _progress(self, phase: str, done: int, total: int) -> None:
        if done < total and time.monotonic() - self._progress_at >= _PROGRESS_SECONDS:
            self._progress_at = time.monotonic()
            self._say(f"{phase}: {done:,} of {total:,}")
