"""The one seam for parallel work: `map_shards` runs a function on shards, here, in local processes, or by Dask.

Shards write deterministic files under temporary names and rename them, so running one twice is harmless. That is what
makes it safe to run the shard of a killed worker again.

A `ProcessPoolExecutor` would do, but for one thing: its workers share a pipe for their results, and where one is killed
while it writes, whoever reads waits forever. Here each worker has a pipe of its own, which ends with it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from pipeline.interrupts import ctrl_c_kept_back
from pipeline.settings import Dask

Shard = TypeVar("Shard")
Result = TypeVar("Result")

#: How many workers may be killed before the build gives up: some documents cost a dozen each, a machine short of memory
#: costs all.
_KILLED_WORKERS = 200
#: A shard takes seconds. A worker that is busy with one for longer hangs, and is killed.
PATIENCE_SECONDS = 600


def again(shard: Shard) -> Sequence[Shard]:
    """What is done in place of a shard that killed its workers: the same."""
    return [shard]


def map_shards(
    function: Callable[[Shard], Result],
    shards: Sequence[Shard],
    processes: int = 1,
    in_place_of: Callable[[Shard], Sequence[Shard]] = again,
    is_apart: bool = False,
    dask: Dask | None = None,
) -> Iterator[tuple[Shard, Result]]:
    """Each shard with the function's result, in the order of completion.

    With one process or one shard the work is done here unless it `is_apart`; with `dask` and several shards by its
    workers, `dask_engine` says how. Otherwise `function` must be importable (a module's function or a
    `functools.partial` of one). A shard whose worker was killed is done again; when that one is killed, too, the shards
    that `in_place_of` gives are done in its place. Raises whatever the function raises, and `RuntimeError` when workers
    keep dying. All workers end at once after an error, after Ctrl-C, and when no more results are asked for.
    """
    if dask is not None and len(shards) > 1:
        with ctrl_c_kept_back():  # Importing takes a second or two.
            from pipeline.dask_engine import map_shards_by_dask

        apart = partial(map_shards, function, processes=processes, in_place_of=in_place_of, is_apart=True)
        yield from map_shards_by_dask(function, shards, dask, processes, apart)
        return
    if not is_apart and (processes <= 1 or len(shards) <= 1):
        for shard in shards:
            yield shard, function(shard)
        return
    #: Shards, and whether a worker was killed by them.
    waiting = deque((shard, False) for shard in shards)
    workers: dict[Connection, _Worker] = {}
    killed = 0
    try:
        while waiting or workers:
            while waiting and len(workers) < max(processes, 1):
                worker = _Worker(function)
                workers[worker.pipe] = worker
                worker.begin(*waiting.popleft())
            patience = min(worker.busy_until for worker in workers.values()) - time.monotonic()
            for pipe in wait(list(workers), max(patience, 0)):
                assert isinstance(pipe, Connection)
                worker = workers[pipe]
                try:
                    error, result = pipe.recv()
                except (EOFError, OSError):
                    killed += 1
                    if killed == _KILLED_WORKERS:
                        raise RuntimeError(
                            f"worker processes were killed {killed} times; is the machine short of memory?"
                        ) from None
                    parts = in_place_of(worker.shard) if worker.has_killed else [worker.shard]
                    waiting.extendleft((part, True) for part in parts)
                    workers.pop(pipe).end()
                    continue
                if error is not None:
                    raise error
                shard = worker.shard
                if waiting:
                    worker.begin(*waiting.popleft())
                else:
                    workers.pop(pipe).end()
                yield shard, result
            for worker in workers.values():
                if worker.busy_until <= time.monotonic():
                    worker.process.kill()
    finally:
        for worker in workers.values():
            worker.end()


class _Worker:
    """A process that does one shard after the other. What it is given and what it finds goes through `pipe`."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        # Fork would copy Polars' thread pool in a broken state.
        context = multiprocessing.get_context("spawn")
        self.pipe, its_end = context.Pipe()
        self.shard: Any = None
        self.has_killed = False
        self.busy_until = 0.0
        self.process = context.Process(target=_work, args=(its_end,), daemon=True)
        with ctrl_c_kept_back():
            self.process.start()
        its_end.close()  # Only the worker holds it now, so that the pipe ends with the worker.
        self._send(function)

    def begin(self, shard: Any, has_killed: bool) -> None:
        """Give it a shard, which may have killed another worker before."""
        self.shard, self.has_killed = shard, has_killed
        self.busy_until = time.monotonic() + PATIENCE_SECONDS
        self._send(shard)

    def _send(self, item: Any) -> None:
        with suppress(OSError):  # It is dead; the end of its pipe says so to whoever waits for the result.
            self.pipe.send(item)

    def end(self) -> None:
        self.process.terminate()
        self.process.join()
        self.pipe.close()


def _work(pipe: Connection) -> None:
    """What a worker does: take the function, then shard by shard send its result or the error, until it is ended."""
    os.environ["POLARS_MAX_THREADS"] = "1"  # The processes are the parallelism. Before the function brings Polars in.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Ctrl-C reaches the workers, too; the process that started them says what is to be said.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    function = pipe.recv()
    while True:
        shard = pipe.recv()
        try:
            answer = None, function(shard)
        except Exception as error:
            error.add_note(traceback.format_exc())
            pipe.send((error, None))
        else:
            pipe.send(answer)


def _end_with_parent() -> None:
    """End this process when the one that started it is gone; it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
