"""Kill the process groups of builds, at random moments and between two steps of publishing."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from benchmarks.faults.place import Figures, Place, build_and_look, processes, turn
from pipeline.warehouse.doctor import examine

#: So many builds are killed before one must come through (one in five of these with its SQL), and for each that is
#: killed at a random moment.
_KILLS_PER_BUILD, _KILLS_PER_RANDOM_ONE = 10, 5
#: What Python says to an audit hook before it does it to a file.
_OPERATIONS = {
    "open",
    "os.chmod",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.utime",
}


class Step(NamedTuple):
    """The operation on files that comes as `number`-th of its kind while a build publishes."""

    kind: str
    number: int


def kill_builds(place: Place, kills: int, seed: int, until: float, figures: Figures) -> None:
    """Kill the process groups of builds: some at random moments, most between two steps of publishing."""
    random = Random(f"kills {seed}")
    started = time.monotonic()
    build_and_look(place, place.build, random, "before the first kill", figures)
    seconds = time.monotonic() - started
    steps = _steps(place, place.another(random))
    kinds = sorted({step.kind for step in steps})
    while figures.kills.total() < kills and time.monotonic() < until:
        count = figures.kills.total()
        step = None
        if count % _KILLS_PER_RANDOM_ONE:
            kind = kinds[count % len(kinds)]
            step = random.choice([step for step in steps if step.kind == kind])
        before = place.warehouse.current().name
        with _begun_build(place, place.another(random), random.random() < 0.5, step) as (process, connection):
            if step is None:
                connection.poll(random.random() * seconds)
                with suppress(ProcessLookupError):  # It was faster.
                    os.killpg(process.pid or 0, signal.SIGKILL)
            process.join()
        if process.exitcode == -signal.SIGKILL:
            figures.kills["at random moments" if step is None else "between two steps of publishing"] += 1
            figures.step_kinds |= {step.kind} if step else set()
            figures.published += place.warehouse.current().name != before
        elif process.exitcode:
            figures.problems.append(f"a build after a kill ended with {process.exitcode}")
        else:
            figures.builds += 1
        if place.state() is None:
            figures.problems.append("wrong numbers are published after a kill")
        if count % _KILLS_PER_BUILD == 0:
            build = place.build if count % (5 * _KILLS_PER_BUILD) == 0 else place.build_without_sql
            figures.builds += build_and_look(place, build, random, "after kills", figures)
        turn(place, random, figures)
    figures.builds += build_and_look(place, place.build, random, "after kills", figures)
    figures.problems += [f"left after the last build: {finding.where}" for finding in examine(place.warehouse)]


def _steps(place: Place, corpus: str) -> list[Step]:
    """What a build does to files while it publishes."""
    with _begun_build(place, corpus, False, Step("none", 0)) as (process, connection):
        seen: Counter[str] = connection.recv()
        process.join()
    return [Step(kind, number + 1) for kind, count in seen.items() for number in range(count)]


@contextmanager
def _begun_build(place: Place, corpus: str, full: bool, step: Step | None) -> Iterator[tuple[BaseProcess, Connection]]:
    """A build in a process group of its own, which has begun."""
    context = processes()
    mine, its = context.Pipe()
    process = context.Process(target=_build_apart, args=(place, corpus, full, step, its))
    process.start()
    its.close()
    mine.recv()
    try:
        yield process, mine
    finally:
        mine.close()


def _build_apart(place: Place, corpus: str, full: bool, step: Step | None, connection: Connection) -> None:
    """Build, and before a step of publishing kill the whole group of processes. Without a step a whole build is begun
    for others to kill; where there is no such step, what publishing did to files is sent."""
    os.setpgid(0, 0)
    connection.send(None)
    if step is None:
        place.build(corpus, full)
        return
    seen: Counter[str] = Counter()

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _OPERATIONS:
            kind = _kind(event, arguments)
            seen[kind] += 1
            if step == (kind, seen[kind]):
                os.killpg(0, signal.SIGKILL)

    place.build_without_sql(corpus, full, lambda: sys.addaudithook(note))
    with suppress(BrokenPipeError):
        connection.send(seen.copy())


def _kind(event: str, arguments: tuple[Any, ...]) -> str:
    """An operation and the name of the file it makes or changes, without what differs from build to build."""
    name = Path(os.fsdecode(str(arguments[1] if event in ("os.rename", "os.link") else arguments[0]))).name
    return f"{event} {re.sub(r'[0-9A-Za-z]*[0-9][0-9A-Za-z]*', '#', name) if '.parquet' not in name else '*.parquet'}"
