"""Panels are asked here, for the page and for the report: safely, no longer than they may take, at once, and once."""

from __future__ import annotations

import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import duckdb
import polars as pl

from pipeline.dashboard.panel import Panel
from pipeline.dashboard.selection import Completed, Selection
from pipeline.errors import QueryError
from pipeline.fingerprints import code_fingerprint
from pipeline.warehouse.asking import Access, limits

#: What a panel may do, and how long it may take.
PANEL_ACCESS = Access(safe=True, seconds=60)
#: So many answers are kept for readers who come back to a page; each has a few hundred rows at most.
_KEPT_ANSWERS = 500


class Asker:
    """Asks the open database of one snapshot, which was built by the `code` of its record. An answer is kept by its
    query, since a snapshot never changes."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, code: str) -> None:
        self._connection = connection
        self._code = code
        self._answers: dict[str, pl.DataFrame] = {}
        self._lock = threading.Lock()

    def ask(self, query: str) -> pl.DataFrame:
        """The answer to a query. Raises `QueryError`, a sentence."""
        if (kept := self._answers.get(query)) is not None:
            return kept
        try:
            with self._connection.cursor() as cursor, limits(cursor, PANEL_ACCESS):
                # `sql` would plan the query twice.
                answer = cursor.execute(query).pl()
        except QueryError as error:
            is_unknown = isinstance(error.__context__, duckdb.BinderException | duckdb.CatalogException)
            if is_unknown and self._code != code_fingerprint():
                raise QueryError(
                    "this snapshot was built by another version of Broadsheet and does not have what is asked here; "
                    "build again, or look at it with that version"
                ) from None
            raise
        with self._lock:
            self._answers[query] = answer
            if len(self._answers) > _KEPT_ANSWERS:
                del self._answers[next(iter(self._answers))]
        return answer

    def knows(self, query: str) -> bool:
        """Whether the answer to a query is kept."""
        return query in self._answers

    def completed(self, selection: Selection, panels: Collection[Panel]) -> Completed:
        """The selection with what these panels need and the reader left open. Raises `QueryError` for a name that is
        nowhere."""
        return selection.completed(self.ask, {panel.about for panel in panels})

    def answers(self, panels: Collection[Panel], selection: Completed) -> dict[str, pl.DataFrame | QueryError]:
        """What each panel answers, or the sentence that says why it does not. Panels are asked at once."""

        def answer(panel: Panel) -> pl.DataFrame | QueryError:
            try:
                return panel.answer(self.ask, selection)
            except QueryError as error:
                return error

        with ThreadPoolExecutor(len(panels) or 1) as threads:
            return dict(zip((panel.name for panel in panels), threads.map(answer, panels), strict=True))
