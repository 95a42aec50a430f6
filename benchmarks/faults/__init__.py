"""Kill builds, read beside them and flip bits: are wrong numbers ever published, or a later build lost?

Two small corpora, which share most of their documents, are built in turn into one warehouse. What is right is told by
fresh builds of the same corpora. Exits with 1 when something wrong was published or read, or when a later build failed.
"""

from __future__ import annotations

import time

from benchmarks.faults.flips import flip_bits
from benchmarks.faults.kills import kill_builds
from benchmarks.faults.place import Figures, prepared_place
from benchmarks.faults.reads import readers


def run(kills: int, reads: int, flips: int, seconds: float, seed: int = 1) -> Figures:
    """All faults: kills beside readers first, then flips. Ends after about so many seconds, whatever is left to do."""
    figures, started = Figures(), time.monotonic()
    with prepared_place() as place:
        end_of_kills = started + seconds * (2 / 3 if flips else 1)
        with readers(place, reads, seed, end_of_kills, figures):
            if kills:
                kill_builds(place, kills, seed, end_of_kills, figures)
        if flips:
            flip_bits(place, flips, seed, started + seconds, figures)
    return figures
