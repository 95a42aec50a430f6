"""Panels are asked here, for the page and for the report: safely, no longer than they may take, and at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import duckdb
import polars as pl

from pipeline.dashboard.panels import Panel
from pipeline.dashboard.selection import Completed, Selection
from pipeline.errors import QueryError
from pipeline.warehouse.asking import Access, limits

#: What a panel may do, and how long it may take.
PANEL_ACCESS = Access(safe=True, seconds=60)


def completed(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Completed:
    """As `Selection.completed`. Raises `QueryError`, a sentence, for a name that is nowhere."""
    with limits(connection, PANEL_ACCESS):
        return selection.completed(connection)


def answers(
    connection: duckdb.DuckDBPyConnection, panels: list[Panel], selection: Completed
) -> dict[str, pl.DataFrame | QueryError]:
    """What each panel answers, or the sentence that says why it does not. Panels are asked at once."""

    def answer(panel: Panel) -> pl.DataFrame | QueryError:
        try:
            with connection.cursor() as cursor, limits(cursor, PANEL_ACCESS):
                return panel.answer(cursor, selection)
        except QueryError as error:
            return error

    with ThreadPoolExecutor(len(panels) or 1) as threads:
        return dict(zip((panel.name for panel in panels), threads.map(answer, panels), strict=True))
