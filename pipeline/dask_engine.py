"""Shards by Dask: its workers do what processes of this machine do otherwise, on as many machines as they run on.

The scheduler runs already, or a cluster of this machine is started for the call and ended with it. Dask gives shards of
a killed worker to another one. A shard that kills that one, too, is done here, apart, as it would be without Dask.
"""

from __future__ import annotations

import logging
import pickle
import secrets
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import version
from typing import Any, TypeVar

from dask import config as configuration
from distributed import Client, Future, KilledWorker, LocalCluster, wait
from distributed.utils import silence_logging_cmgr

from pipeline.errors import InputError, WorkerError
from pipeline.interrupts import ctrl_c_kept_back
from pipeline.settings import Dask

Shard = TypeVar("Shard")
Result = TypeVar("Result")

#: How long a scheduler is waited for, at the start and when it went.
CONNECT_SECONDS = 30.0
#: How long a scheduler may be without workers: a cluster that grows by itself may have to wait for machines.
WORKERLESS_SECONDS = 180.0
#: Where nothing is finished for so long, the workers hang, and what they were given is done here.
PATIENCE_SECONDS = 600.0
#: How many shards may kill or hang their workers before the build gives up: it is the workers, then.
_DOUBTFUL_SHARDS = 50
#: Shards that wait at the scheduler beyond what its workers do: none of them waits, and a cluster that grows sees why.
_WAITING_SHARDS = 16
#: How often workers that finish nothing are looked after.
_LOOK_SECONDS = 1.0


def map_shards_by_dask(
    function: Callable[[Shard], Result],
    shards: Sequence[Shard],
    dask: Dask,
    processes: int,
    apart: Callable[[Sequence[Shard]], Iterator[tuple[Shard, Result]]],
) -> Iterator[tuple[Shard, Result]]:
    """Each shard with the function's result, in the order of completion; those that kill their workers come last, and
    are done by `apart`.

    Raises whatever the function raises, `InputError` when no scheduler answers, and `WorkerError` when it goes and does
    not come back, has no workers, or they keep dying. What workers have not begun is dropped after an error, after
    Ctrl-C, and when no more results are asked for.
    """
    with _client(dask, processes) as client:
        work = _Work(client, function, shards)
        yield from work.results()
    yield from apart(work.doubtful)


@contextmanager
def _client(dask: Dask, processes: int) -> Iterator[Client]:
    """Who speaks with the scheduler. What Dask logs is of no use on a terminal: what it means is raised."""
    with silence_logging_cmgr(logging.CRITICAL), ExitStack() as stack:
        address: Any = dask.scheduler
        if address is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="broadsheet-dask-"))
            stack.enter_context(configuration.set({"temporary-directory": folder}))
            with ctrl_c_kept_back():
                address = LocalCluster(
                    n_workers=processes,
                    threads_per_worker=1,
                    memory_limit=None,
                    silence_logs=logging.CRITICAL,
                    env={"POLARS_MAX_THREADS": "1"},  # The workers are the parallelism.
                    scheduler_kwargs={"allowed_failures": 1, "dashboard": False, "dashboard_address": "127.0.0.1:0"},
                )
                stack.enter_context(address)
        try:
            client = stack.enter_context(Client(address, timeout=CONNECT_SECONDS))
        except (OSError, ValueError) as error:
            raise InputError(
                f"no scheduler of Dask answers at {dask.scheduler} ({error}); start one (dask scheduler) and give its "
                "address, as tcp://HOST:8786"
            ) from None
        yield client


class _Call:
    """A call that is done when its pickle is loaded. Nobody on the way has to understand it, so a scheduler needs no
    Broadsheet, and a worker that cannot load it says so; of a task of Dask's own making it would end."""

    def __init__(self, function: Callable[[Any], Any], shard: Any) -> None:
        self._call = function, (shard,)

    def __reduce__(self) -> tuple[Callable[[Any], Any], tuple[Any]]:
        return self._call


class _Work:
    """Shards on their way through a scheduler. `doubtful` are those that killed their workers, or hang them."""

    def __init__(self, client: Client, function: Callable[[Any], Any], shards: Sequence[Any]) -> None:
        self.doubtful: list[Any] = []
        self._client, self._function = client, function
        self._waiting = deque(shards)
        self._begun: dict[Future[Any], Any] = {}
        self._finished_at = self._had_workers_at = time.monotonic()

    def results(self) -> Iterator[tuple[Any, Any]]:
        """Each shard with its result; the doubtful ones are left."""
        while self._waiting or self._begun:
            self._begin()
            for shard, error, result in self._finished():
                if error is None:
                    yield shard, result
                elif isinstance(error, KilledWorker):
                    self._doubt([shard], "killed")
                elif isinstance(error, ImportError | AttributeError):
                    raise WorkerError(
                        f"a worker of Dask cannot load what it is to do ({error}); install there what is installed "
                        f"here, which is broadsheet {version('broadsheet')}"
                    )
                else:
                    raise error

    def _begin(self) -> None:
        """Give the scheduler as many shards as its workers need."""
        while self._client.status == "connecting":
            time.sleep(0.1)  # It is lost; the client waits for it to come back, for `CONNECT_SECONDS`.
        if self._client.status != "running":
            raise WorkerError(
                f"the scheduler of Dask went and did not come back within {CONNECT_SECONDS:.0f} s; nothing was "
                "published; build again when it is there"
            )
        try:
            threads = sum(self._client.nthreads().values())
        except OSError:
            threads = 0
        if threads:
            self._had_workers_at = time.monotonic()
        while self._waiting and len(self._begun) < 2 * threads + _WAITING_SHARDS:
            shard = self._waiting.popleft()
            call = pickle.dumps(_Call(self._function, shard))
            self._begun[self._client.submit(pickle.loads, call, key=f"shard-{secrets.token_hex(8)}")] = shard

    def _finished(self) -> list[tuple[Any, BaseException | None, Any]]:
        """Shards that are finished, each with its error or its result; none when that takes long."""
        try:
            futures = wait(list(self._begun), _LOOK_SECONDS, "FIRST_COMPLETED").done
            outcomes = {future: self._outcome(future) for future in futures}
        except OSError:  # It takes long, or a connection broke: what that means shows next time.
            time.sleep(0.1)
            self._look_after_workers()
            return []
        except CancelledError:  # The scheduler was lost, and with it all that it was given.
            self._waiting.extendleft(reversed(self._begun.values()))
            self._begun.clear()
            return []
        self._finished_at = time.monotonic()
        return [(self._begun.pop(future), *outcome) for future, outcome in outcomes.items()]

    def _outcome(self, future: Future[Any]) -> tuple[BaseException | None, Any]:
        if future.status == "error":
            return future.exception(CONNECT_SECONDS), None
        return None, future.result(CONNECT_SECONDS)

    def _look_after_workers(self) -> None:
        now = time.monotonic()
        if now - self._had_workers_at > WORKERLESS_SECONDS:
            raise WorkerError(
                f"the scheduler of Dask has had no worker for {WORKERLESS_SECONDS:.0f} s; nothing was published; start "
                "workers (dask worker ADDRESS) and build again"
            )
        if now - self._finished_at > PATIENCE_SECONDS:
            with suppress(OSError):
                self._client.cancel(list(self._begun), force=True)
            self._doubt(list(self._begun.values()), "busy for too long")
            self._begun.clear()
            self._finished_at = now

    def _doubt(self, shards: Sequence[Any], why: str) -> None:
        self.doubtful += shards
        if len(self.doubtful) > _DOUBTFUL_SHARDS:
            raise WorkerError(
                f"workers of Dask were {why} with {len(self.doubtful)} shards; nothing was published; are they short "
                "of memory?"
            )
