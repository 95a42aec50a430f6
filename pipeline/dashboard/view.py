"""The pages of the app: panels side by side, each with its definition, its SQL and its CSV."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from html import escape

import altair as alt
import marimo as mo
import polars as pl

from pipeline.dashboard import charts, markup
from pipeline.dashboard.following import Follower
from pipeline.dashboard.panel import Page, Panel
from pipeline.dashboard.panels import PAGES
from pipeline.dashboard.selection import Completed, Selection
from pipeline.errors import BroadsheetError, QueryError

#: From so many documents on, what is slow is computed on request: below, it takes about a second.
MANY_DOCUMENTS = 200_000

# Rows of a chart go with it: marimo would make a file of them, which is gone before a quick reader fetches it. It uses
# a transformer that is called so.
alt.data_transformers.register("marimo_values", alt.default_data_transformer)
alt.data_transformers.enable("marimo_values")


def warm_up(following: Follower) -> None:
    """Do once what the first page would wait for: open the database, read `sql/`, draw a chart."""
    try:
        asker = following.open().asker
        panels = page_named(None).panels
        answers = asker.answers(panels, asker.completed(Selection(), panels))
    except BroadsheetError:
        return  # The page says it.
    for panel in panels:
        answer = answers[panel.name]
        if panel.chart is not None and isinstance(answer, pl.DataFrame) and not answer.is_empty():
            mo.as_html(panel.chart(answer))


def page_named(name: str | None) -> Page:
    """The page with this name; the first one when there is none."""
    return PAGES.get(name or "", next(iter(PAGES.values())))


def opening(page: Page) -> str:
    """What marks a page as open in the row of pages, which stays as it is, so that the keyboard does not lose it."""
    place = list(PAGES).index(page.name) + 1
    return f"<style>.pages > div:nth-child({place}) {{ border-color: currentcolor; }}</style>"


def show(
    panel: Panel,
    answer: pl.DataFrame | QueryError | None,
    selection: Completed,
    address: Mapping[str, str],
    controls: mo.Html | None = None,
    chart: mo.Html | None = None,
) -> mo.Html:
    """One panel. Without an answer it says that it waits. `controls` stand above the chart, `chart` in its place."""
    # What is computed on request has a button that asks for it.
    above = controls.text if controls is not None and (answer is None or not panel.is_slow) else ""
    drawn = ""
    if panel.chart is not None and isinstance(answer, pl.DataFrame) and not answer.is_empty():
        picture = mo.as_html(panel.chart(answer)) if chart is None else chart
        # Read aloud, the marks of a chart are noise: the table says the same in order.
        told = f'<p class="unseen">A chart of {escape(panel.title)}; the table has its figures.</p>'
        drawn = f'{told}<div aria-hidden="true">{picture.text}</div>'
    if panel.gesture and drawn:
        above = f'<p class="note">{escape(panel.gesture)}</p>{above}'
    more = markup.details("Definition", markup.definition(panel), panel.title) if panel.metrics else ""
    more += markup.details("Copy as SQL", markup.sql_block(panel.sql(selection).strip()), panel.title)
    return mo.Html(markup.section(panel, answer, selection, drawn, more, address=address, above=above))


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
