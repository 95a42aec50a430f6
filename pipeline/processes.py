"""The one seam for parallel work: `map_shards` runs a function on shards, here or in local processes.

Shards write deterministic files under temporary names and rename them, so running one twice is harmless. That is what
makes it safe to run the shards of a killed worker again.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

Shard = TypeVar("Shard")
Result = TypeVar("Result")

#: How often a pool whose worker was killed is started anew before the build gives up.
_ATTEMPTS = 3


def map_shards(
    function: Callable[[Shard], Result], shards: Sequence[Shard], processes: int = 1
) -> Iterator[tuple[Shard, Result]]:
    """Each shard with the function's result, in the order of completion.

    With one process or one shard the work is done here. Otherwise `function` must be importable (a module's function or
    a `functools.partial` of one). Raises whatever the function raises, and `RuntimeError` when workers keep dying; the
    shards that wait are dropped then.
    """
    if processes <= 1 or len(shards) <= 1:
        for shard in shards:
            yield shard, function(shard)
        return
    remaining = list(range(len(shards)))
    for _ in range(_ATTEMPTS):
        done: set[int] = set()
        others = set(multiprocessing.active_children())
        pool = _pool(min(processes, len(remaining)))
        try:
            with _signals_kept_back():
                futures = {pool.submit(function, shards[number]): number for number in remaining}
            for future in as_completed(futures):
                result = future.result()
                done.add(futures[future])
                yield shards[futures[future]], result
            return
        except BrokenProcessPool:
            remaining = [number for number in remaining if number not in done]
        except BaseException:
            # After an error or Ctrl-C, what the workers are at would be done for nobody.
            for worker in set(multiprocessing.active_children()) - others:
                worker.terminate()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
    raise RuntimeError(f"worker processes were killed {_ATTEMPTS} times; is the machine short of memory?")


def _pool(processes: int) -> ProcessPoolExecutor:
    # Fork would copy Polars' thread pool in a broken state. One thread each: the processes are the parallelism.
    return ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=_begin_worker)


@contextmanager
def _signals_kept_back() -> Iterator[None]:
    """Processes that are started here get no Ctrl-C before `_begin_worker` says what it does: they would print where in
    their start it reached them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_worker() -> None:
    os.environ["POLARS_MAX_THREADS"] = "1"
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Ctrl-C reaches the workers, too; the process that started them says what there is to say.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the one that started it is gone; it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
