"""Flip bits in files of each kind: no build may take the damage over, and the doctor heals it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

from benchmarks.faults.place import OPTIONS, Figures, Place, build_and_look
from pipeline.build import build_warehouse
from pipeline.entries.store import damaged_items
from pipeline.sources import source_at
from pipeline.warehouse import last_build
from pipeline.warehouse.doctor import examine, repair
from pipeline.warehouse.snapshots import MANIFEST, Snapshot, Warehouse

#: Flips of a file that is read without a build, for each flip that a build finds.
_PROBES_PER_BUILD = 10


def _published(folder: str) -> Callable[[Warehouse], list[Path]]:
    return lambda warehouse: sorted((warehouse.current().folder / folder).glob("*.parquet"))


#: Kinds of files, and those that a warehouse has of each.
KINDS: Mapping[str, Callable[[Warehouse], list[Path]]] = {
    "tables": _published("."),
    "marts": _published("marts"),
    "views": _published("views"),
    "databases": lambda warehouse: [snapshot.database for snapshot in warehouse.snapshots()],
    "manifests": lambda warehouse: [snapshot.folder / MANIFEST for snapshot in warehouse.snapshots()],
    "fragments": lambda warehouse: sorted(warehouse.fragments_folder.glob("*/*.parquet")),
    "the list of files read": lambda warehouse: list(warehouse.fragments_folder.glob("files-*.parquet")),
    "the note of the last build": lambda warehouse: list(warehouse.fragments_folder.glob("last-build.json")),
}


#: What does not hide each other's damage. SQL is run anew where its results are damaged.
_FLIPPED_TOGETHER = (
    ("tables", "marts", "views", "databases"),
    ("fragments",),
    ("manifests",),
    ("the list of files read",),
    ("the note of the last build",),
)
#: Of these there is one file, and what is made of it can be seen without a build.
_PROBED = ("the list of files read", "the note of the last build")


def flip_bits(place: Place, flips: int, seed: int, until: float, figures: Figures) -> None:
    """Flip bits in each kind of file, one in a file, and build something else; then heal what is left."""
    random = Random(f"flips {seed}")
    for kinds in _FLIPPED_TOGETHER:
        while (left := [kind for kind in kinds if figures.flips[kind] < flips]) and time.monotonic() < until:
            # Disks change bytes without a trace in the times of files; programs leave one.
            keeps_times = random.random() < 0.75
            for kind in left:
                files = KINDS[kind](place.warehouse)
                if kind in _PROBED:
                    figures.flips[kind] += _probe(place, files[0], flips - figures.flips[kind] - 1, random, figures)
                for file in random.sample(files, min(len(files), flips - figures.flips[kind])):
                    flip_bit(file, random, keeps_times)
                    figures.flips[kind] += 1
            build = place.build if "marts" in kinds else place.build_without_sql
            figures.builds_after_flips += build_and_look(
                place, build, random, f"after flips in {', '.join(left)}", figures
            )

    def rebuild(snapshot: Snapshot) -> None:
        sources = [source_at(name, location) for name, location in snapshot.record.sources.items()]
        build_warehouse(place.warehouse, sources, replace(OPTIONS, full=True))

    repair(place.warehouse, rebuild, lambda message: None)
    figures.problems += [f"not healed: {finding.what}, {finding.where}" for finding in examine(place.warehouse)]


def _probe(place: Place, file: Path, most: int, random: Random, figures: Figures) -> int:
    """Flip bits in a file of which there is one, each taken back after what is made of it was looked at without a
    build; returns how many."""
    content, count = file.read_bytes(), min(most, _PROBES_PER_BUILD)
    for _ in range(count):
        flip_bit(file, random, keeps_times=False)
        if file.suffix == ".parquet":
            is_seen = file in damaged_items(place.warehouse.fragments_folder)
        else:
            source = place.sources[place.another(random)]
            is_seen = last_build.unchanged_snapshot(place.warehouse, [source], OPTIONS, lambda message: None) is None
        if not is_seen:
            figures.problems.append(f"a flipped bit in {file} was believed")
        file.write_bytes(content)
    return count


def flip_bit(file: Path, random: Random, keeps_times: bool) -> None:
    """Change one bit of a file where it lies."""
    status = file.stat()
    content = bytearray(file.read_bytes())
    content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    file.chmod(0o644)
    with file.open("r+b") as stream:
        stream.write(content)
    file.chmod(status.st_mode)
    if keeps_times:
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
