"""Folders that Broadsheet itself writes: what they hold is not a document, wherever they lie."""

from __future__ import annotations

import os
from pathlib import Path

#: Sub-folders of a warehouse.
SNAPSHOTS, FRAGMENTS = "snapshots", "fragments"
#: The file that tells such a folder apart: a warehouse or a run history, also a copy or one of another project.
MARK = ".broadsheet"
MARK_TEXT = "Broadsheet writes this folder (a warehouse or a run history); a source that holds it leaves it out.\n"


def mark_own(folder: Path) -> None:
    """Mark a folder that is there as written by Broadsheet."""
    mark = folder / MARK
    if not mark.exists():
        mark.write_text(MARK_TEXT, encoding="utf-8")


def is_own(folder: int) -> bool:
    """Whether the folder that is open under this descriptor is one that Broadsheet writes."""
    try:
        os.stat(MARK, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return True


def lies_in_warehouse(path: Path) -> bool:
    """Whether a path leads to the snapshots or fragments of a warehouse. What else lies beside them may be anything: a
    warehouse may be the folder in which the sources lie, too."""
    path = path.resolve()
    return any(
        inner.name in (SNAPSHOTS, FRAGMENTS) and (outer / MARK).exists()
        for inner, outer in zip((path, *path.parents), path.parents, strict=False)
    )
