"""Did anything change since the last build? Answered from file times and sizes, before anything heavy is imported."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from pipeline.fingerprints import code_fingerprint, limits_fingerprint
from pipeline.settings import Limits, Options
from pipeline.sources import Source, list_files
from pipeline.warehouse.snapshots import Snapshot, Warehouse

_NOTE = "last-build.json"


def unchanged_snapshot(
    warehouse: Warehouse, sources: Sequence[Source], options: Options, say: Callable[[str], None]
) -> Snapshot | None:
    """The current snapshot, when the last build made it by this code from files of these names, sizes and times, and it
    is as it was published; None when it must be looked at more closely.

    `say` hears what people should know about the sources, where no build says it. Raises `InputError` when a source
    cannot be listed.
    """
    current = warehouse.current_or_none()
    if current is None or options.full or (options.max_rejected_share is not None and current.record.rejected_count):
        return None
    seen, remarks = look(sources)
    if built_from(warehouse, seen, options.limits) != current.name or current.changed_files():
        return None
    for remark in remarks:
        say(remark)
    return current


def look(sources: Sequence[Source]) -> tuple[str | None, list[str]]:
    """Fingerprint of the names, sizes and times of all files as they are now (None when one is so fresh that its times
    prove nothing), and what people should know about the sources."""
    listed_at_ns = time.time_ns()
    listing = list_files(sources)
    return listing.fingerprint(listed_at_ns), listing.remarks(listed_at_ns)


def built_from(warehouse: Warehouse, seen: str | None, limits: Limits) -> str | None:
    """Name of the snapshot that the last build made from what was seen; None when it saw something else."""
    try:
        note = json.loads((warehouse.fragments_folder / _NOTE).read_text(encoding="utf-8"))
        snapshot = str(note["snapshot"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return snapshot if seen and note == _note(seen, limits, snapshot) else None


def remember(warehouse: Warehouse, listing_fingerprint: str | None, limits: Limits, snapshot_name: str) -> None:
    """Note what the last build saw; without a fingerprint, that the next one must look more closely."""
    file = warehouse.fragments_folder / _NOTE
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps(_note(listing_fingerprint, limits, snapshot_name)), encoding="utf-8")
    temporary.replace(file)


def _note(listing_fingerprint: str | None, limits: Limits, snapshot_name: str) -> dict[str, str | None]:
    return {
        "seen": listing_fingerprint,
        "code": code_fingerprint(),
        "limits": limits_fingerprint(limits),
        "snapshot": snapshot_name,
    }
