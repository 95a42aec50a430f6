"""The pages of the app: panels side by side, each with its definition, its SQL and its CSV."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from html import escape

import duckdb
import marimo as mo
import polars as pl

from pipeline.dashboard import charts, markup
from pipeline.dashboard.following import PANEL_ACCESS, Follower
from pipeline.dashboard.panels import PAGES, PANELS, Panel
from pipeline.dashboard.selection import Completed, Selection
from pipeline.errors import BroadsheetError, QueryError
from pipeline.texts import visible
from pipeline.warehouse.asking import limits

#: From so many documents on, what is slow is computed on request.
MANY_DOCUMENTS = 5_000
_FILTERS = {
    "source": "source",
    "topic": "topic",
    "query": "search words",
    "from_date": "period",
    "to_date": "period",
    "provider": "host",
}


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


def warm_up(following: Follower) -> None:
    """Do once what the first page would wait for: open the database, read `sql/`, draw a chart."""
    try:
        _, connection = following.open()
        selection = Selection().completed(connection)
        for panel in panels_of(next(iter(PAGES))):
            answer = panel.answer(connection, selection)
            if panel.chart is not None and not answer.is_empty():
                mo.as_html(panel.chart(answer))
    except (BroadsheetError, duckdb.Error):
        return  # The page says it.


def panels_of(page: str) -> list[Panel]:
    """The panels of a page in their order."""
    return [panel for panel in PANELS if panel.page == page]


def show(
    panel: Panel,
    answer: pl.DataFrame | QueryError | None,
    selection: Completed,
    address: Mapping[str, str],
    controls: mo.Html | None = None,
    chart: mo.Html | None = None,
) -> mo.Html:
    """One panel. Without an answer it says that it waits. `controls` stand above the chart, `chart` in its place."""
    wide = " wide" if panel.is_wide else ""
    parts = [f'<section class="panel{wide}" id="{panel.name}" aria-labelledby="{panel.name}-title">']
    parts.append(f'<header><h2 id="{panel.name}-title">{escape(_title(panel, selection))}</h2>')
    if isinstance(answer, pl.DataFrame) and not answer.is_empty():
        parts.append(markup.csv_link(panel, answer))
    parts.append("</header>")
    if panel.subtitle and isinstance(answer, pl.DataFrame) and not answer.is_empty():
        parts.append(f'<p class="subtitle">{markup.text(answer[panel.subtitle][0] or "(no title)")}</p>')
    if panel.note:
        parts.append(f'<p class="note">{escape(panel.note)}</p>')
    if ignored := _ignored(panel, selection):
        parts.append(f'<p class="ignored">Not narrowed by {", ".join(ignored)}.</p>')
    # What is computed on request has a button that asks for it.
    if controls is not None and (answer is None or not panel.is_slow):
        parts.append(controls.text)
    if isinstance(answer, QueryError):
        parts.append(f'<p class="problem" role="alert">{escape(visible(str(answer)))}</p>')
    elif answer is None:
        parts.append('<p class="empty">This takes a while on so many documents; it is computed on request.</p>')
    elif answer.is_empty():
        parts.append(f'<p class="empty">{escape(panel.empty)}</p>')
    else:
        parts.append(_content(panel, answer, selection, address, chart))
    parts.append('<div class="more">')
    if panel.is_table_closed and isinstance(answer, pl.DataFrame) and not answer.is_empty():
        parts.append(markup.details(f"Table of {answer.height:,}", markup.table(panel, answer, address), panel.title))
    if panel.metrics:
        parts.append(markup.details("Definition", markup.definition(panel), panel.title))
    parts.append(markup.details("Copy as SQL", markup.sql_block(panel.sql(selection).strip()), panel.title))
    parts.append("</div></section>")
    return mo.Html("".join(parts))


def brushable(answer: pl.DataFrame | QueryError | None) -> mo.ui.altair_chart | None:
    """The chart of attention such that what is brushed in it can be asked for; None where there is none."""
    if not isinstance(answer, pl.DataFrame) or answer.is_empty():
        return None
    return mo.ui.altair_chart(charts.attention(answer), chart_selection=False, legend_selection=False)


def brushed(chart: mo.ui.altair_chart | None) -> tuple[date, date] | None:
    """First and last day of what is brushed."""
    ends = next(iter((chart.selections.get("period") or {}).values()), None) if chart is not None else None
    if not ends or len(ends) != 2:
        return None
    first, last = (datetime.fromtimestamp(float(end) / 1000, UTC).date() for end in ends)
    return first, last


def _content(
    panel: Panel, answer: pl.DataFrame, selection: Completed, address: Mapping[str, str], chart: mo.Html | None
) -> str:
    if panel.name == "headline":
        return markup.headline(answer.row(0, named=True), selection.counted_by)
    drawn = ""
    if panel.chart is not None:
        drawn = f'<div class="chart">{(mo.as_html(panel.chart(answer)) if chart is None else chart).text}</div>'
    return drawn if panel.is_table_closed else drawn + markup.table(panel, answer, address)


def _title(panel: Panel, selection: Completed) -> str:
    if panel.is_about_host and selection.host:
        return f"{panel.title} · {visible(selection.host)}"
    return panel.title


def _ignored(panel: Panel, selection: Completed) -> list[str]:
    """The filters that are set and do not change what the panel asks, in words."""
    names = [
        word
        for name, word in _FILTERS.items()
        if getattr(selection, name) is not None and not selection.is_narrowed_by(name, panel.sql)
    ]
    return list(dict.fromkeys(names))
