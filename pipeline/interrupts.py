"""Ctrl-C while other processes are being started: nobody hears of it half-way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker


@contextmanager
def ctrl_c_kept_back() -> Iterator[None]:
    """This process hears of Ctrl-C when all is started, and what is started does not hear of it: it would print where
    in its start it was reached. (Processes and threads begin with the signals blocked that were blocked for whoever
    started them.)"""
    resource_tracker.ensure_running()  # Started by the first process otherwise, it would let signals through again.
    heard: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    # A thread that was there before, as that of a progress bar, may still take the signal for this one.
    is_here = before is not None and threading.current_thread() is threading.main_thread()
    if is_here:
        signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        if is_here:
            signal.signal(signal.SIGINT, before)
        if heard:
            signal.raise_signal(signal.SIGINT)
