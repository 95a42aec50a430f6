"""Made-up corpora in the layout that upstream writes, with known answers: for trials, tests and benchmarks.

The same count and seed give the same bytes on every machine: chance comes from `random.random()` alone, whose sequence
Python guarantees, weights are whole numbers, and nothing is read from a clock or a set's order. Documents are written
in shards of fixed size, one folder each, that share no article; so any number of processes writes the same corpus.

The answers are counted while writing, from what the generator decided: which entries are one article, which documents
tell one story. The pipeline has no part in them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pipeline.errors import InputError
from pipeline.processes import map_shards
from pipeline.samples.answers import AnswerKey
from pipeline.samples.stories import SHARD_SIZE, Shard

__all__ = ["SHARD_SIZE", "AnswerKey", "generate_corpus"]


def generate_corpus(
    count: int,
    directory: Path,
    seed: int = 1,
    progress: Callable[[int], None] = lambda done: None,
    processes: int | None = None,
) -> AnswerKey:
    """Write `count` documents below `directory`, which is made; the answers to them.

    `progress` is called with the number of documents written so far. `processes`: how many write; None is one per core.
    Raises `InputError` when the directory holds something already or `count` is below 1.
    """
    if count < 1:
        raise InputError(f"{count} documents cannot be generated; give a number from 1")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise InputError(f"{directory} is not an empty folder; give a new one")
    directory.mkdir(parents=True, exist_ok=True)
    key = AnswerKey(count, seed)
    shards = range(-(-count // SHARD_SIZE))
    work = partial(_write_shard, directory, seed, count)
    for _, answers in map_shards(work, shards, processes or os.cpu_count() or 1):
        key.add(answers)
        progress(key.totals["document_count"])
    return key


def _write_shard(directory: Path, seed: int, count: int, shard: int) -> AnswerKey:
    folder = directory / f"{shard:03d}"
    folder.mkdir(exist_ok=True)
    return Shard(folder, seed, count, shard).write()
