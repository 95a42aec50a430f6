"""The one seam for parallel work: `map_shards` runs a function on shards, here or in local processes.

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
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

Shard = TypeVar("Shard")
Result = TypeVar("Result")

#: How many workers may be killed before the build gives up.
_KILLED_WORKERS = 3


def map_shards(
    function: Callable[[Shard], Result], shards: Sequence[Shard], processes: int = 1
) -> Iterator[tuple[Shard, Result]]:
    """Each shard with the function's result, in the order of completion.

    With one process or one shard the work is done here. Otherwise `function` must be importable (a module's function or
    a `functools.partial` of one). Raises whatever the function raises, and `RuntimeError` when workers keep dying. All
    workers end at once after an error, after Ctrl-C, and when no more results are asked for.
    """
    if processes <= 1 or len(shards) <= 1:
        for shard in shards:
            yield shard, function(shard)
        return
    waiting = deque(range(len(shards)))
    workers: dict[Connection, _Worker] = {}
    killed = 0
    try:
        while waiting or workers:
            while waiting and len(workers) < processes:
                worker = _Worker(function)
                workers[worker.pipe] = worker
                worker.begin(waiting.popleft(), shards)
            for pipe in wait(list(workers)):
                assert isinstance(pipe, Connection)
                worker = workers[pipe]
                number = worker.number
                try:
                    error, result = pipe.recv()
                except (EOFError, OSError):
                    killed += 1
                    if killed == _KILLED_WORKERS:
                        raise RuntimeError(
                            f"worker processes were killed {killed} times; is the machine short of memory?"
                        ) from None
                    waiting.appendleft(number)
                    workers.pop(pipe).end()
                    continue
                if error is not None:
                    raise error
                if waiting:
                    worker.begin(waiting.popleft(), shards)
                else:
                    workers.pop(pipe).end()
                yield shards[number], result
    finally:
        for worker in workers.values():
            worker.end()


class _Worker:
    """A process that does one shard after the other. What it is given and what it finds goes through `pipe`."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        # Fork would copy Polars' thread pool in a broken state.
        context = multiprocessing.get_context("spawn")
        self.pipe, its_end = context.Pipe()
        self.number = -1
        self.process = context.Process(target=_work, args=(its_end,), daemon=True)
        with _ctrl_c_kept_back():
            self.process.start()
        its_end.close()  # Only the worker holds it now, so that the pipe ends with the worker.
        self._send(function)

    def begin(self, number: int, shards: Sequence[Any]) -> None:
        """Give it the shard of that number."""
        self.number = number
        self._send(shards[number])

    def _send(self, item: Any) -> None:
        with suppress(OSError):  # It is dead; the end of its pipe says so to whoever waits for the result.
            self.pipe.send(item)

    def end(self) -> None:
        self.process.terminate()
        self.process.join()
        self.pipe.close()


@contextmanager
def _ctrl_c_kept_back() -> Iterator[None]:
    """A process that is started here gets no Ctrl-C before `_work` says what it does: it would print where in its start
    it was reached."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
