"""The snapshot that people look at: opened read-only, held while they look, left when a build publishes another one."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.dashboard.asking import PANEL_ACCESS, Asker
from pipeline.warehouse.asking import open_database
from pipeline.warehouse.snapshots import Snapshot, Warehouse

#: Databases that stay open: the current one, and the one before for those who have not followed yet.
_KEPT = 2


@dataclass(frozen=True)
class Opened:
    """A snapshot whose database is open, and who asks it."""

    snapshot: Snapshot
    asker: Asker
    held: ExitStack


class Follower:
    """The databases of one warehouse, each opened once for all who look: a second connection could not lock it."""

    def __init__(self, folder: Path) -> None:
        self.warehouse = Warehouse(folder)
        self._lock = threading.Lock()
        self._open: dict[str, Opened] = {}

    def name(self) -> str | None:
        """Name of the current snapshot; None when there is none."""
        current = self.warehouse.current_or_none()
        return current.name if current else None

    def open(self) -> Opened:
        """The current snapshot, open.

        Raises `InputError` when there is none, and `BroadsheetError` when its database cannot be read.
        """
        current = self.warehouse.current()
        with self._lock:
            if current.name not in self._open:
                held = ExitStack()
                connection = held.enter_context(open_database(current.database, PANEL_ACCESS))
                self._open[current.name] = Opened(current, Asker(connection, current.record.code), held)
                for name in list(self._open)[:-_KEPT]:
                    self._open.pop(name).held.close()
            return self._open[current.name]


@cache
def follower(folder: Path) -> Follower:
    """The one follower of a warehouse in this process."""
    return Follower(folder)
