"""How much memory the tables of a build take, and how much there is: a build that would not fit stops with a sentence
instead of being killed. Only reading spreads over processes and machines; tables are made in one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.entries.store import PART_BYTES
from pipeline.errors import MemoryShortError
from pipeline.settings import memory_limit

#: Peak of the process that makes the tables, by `python -m benchmarks.memory`; docs/scale.md holds it against what was
#: measured. What it has before it begins; what an entry adds with its texts, of which no more than a part are in memory
#: at a time; and what the keys and times of each entry add.
BASE_BYTES = 280_000_000
_ENTRY_BYTES = 1_300
_KEYS_BYTES = 370
#: What no control group is limited to: in version 1, the largest number of pages stands for "no limit".
_NO_LIMIT = 2**60


def needed_memory(entry_count: int) -> int:
    """Bytes that making the tables of so many entries (lead articles and related ones) takes at its peak."""
    return BASE_BYTES + min(_ENTRY_BYTES * entry_count, PART_BYTES + _KEYS_BYTES * entry_count)


def refuse_too_many(entry_count: int) -> None:
    """Raises `MemoryShortError` when the tables of so many entries take more memory than `BROADSHEET_MEMORY_BYTES` says
    that there is, or else the system."""
    needed, given = needed_memory(entry_count), memory_limit()
    available = available_memory() if given is None else given
    if available is not None and needed > available:
        raise MemoryShortError(
            f"not published: the tables of {entry_count:,} entries take about {needed / 1e9:,.1f} GB "
            f"of memory, and there are {available / 1e9:,.1f} GB; build where there is more, or set "
            "BROADSHEET_MEMORY_BYTES to how much to count on"
        )


def available_memory(root: Path = Path("/")) -> int | None:
    """Bytes that this process may still take: what the system can give without swapping, or less where a control group
    (of a container, a service or a cluster's job) sets a limit. None where the system does not say, as outside Linux.
    """
    limits = [*_of_the_system(root), *_of_control_groups(root)]
    return max(0, min(limits)) if limits else None


def _of_the_system(root: Path) -> Iterator[int]:
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024


def _of_control_groups(root: Path) -> Iterator[int]:
    """What is left in each group that this process is in, up to the topmost: in the names of version 2, and of 1."""
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if not controllers:
            top, names = root / "sys/fs/cgroup", ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            top = root / "sys/fs/cgroup/memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        group = top / path.lstrip("/")
        for folder in (group, *group.parents):
            limit, used = (_number(folder / name) for name in names[:2])
            if limit is not None and used is not None and limit < _NO_LIMIT:
                # Pages of files that nobody has used for a while count as used, and go when memory is asked for.
                cached = [int(line.split()[1]) for line in _lines(folder / "memory.stat") if line.startswith(names[2])]
                yield limit - used + sum(cached)
            if folder == top:
                break


def _number(file: Path) -> int | None:
    text = "".join(_lines(file))
    return int(text) if text.isdecimal() else None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:
        return []
