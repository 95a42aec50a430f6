"""Paths and options of a build, from flags and the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

PROJECT_FOLDER = Path(__file__).parent.parent
WAREHOUSE_VARIABLE = "BROADSHEET_WAREHOUSE"
SOURCES_VARIABLE = "BROADSHEET_SOURCES"


def default_warehouse() -> Path:
    """`BROADSHEET_WAREHOUSE`, else the project's `warehouse/`."""
    return Path(os.environ.get(WAREHOUSE_VARIABLE) or PROJECT_FOLDER / "warehouse")


def default_sources() -> list[str]:
    """`BROADSHEET_SOURCES` (separated like PATH), else the project's `seeds/`."""
    given = os.environ.get(SOURCES_VARIABLE, "")
    return [text for text in given.split(os.pathsep) if text] or [str(PROJECT_FOLDER / "seeds")]


@dataclass(frozen=True)
class Limits:
    """What is refused before or while reading: `max_bytes` per file, `max_depth` of nested lists and mappings."""

    max_bytes: int = 10_000_000
    max_depth: int = 20


@dataclass(frozen=True)
class Options:
    """How a build works; none of it changes what a document means.

    `full` reads everything again; `processes` is how many processes read (None: as many as there are cores).
    """

    limits: Limits = field(default_factory=Limits)
    full: bool = False
    processes: int | None = None
