"""Tables, figures and definitions as HTML, for the dashboard and the report. Texts of documents are made harmless: no
mark of theirs is one of the page, and only an address of the web is a link."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping
from datetime import date, datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

import polars as pl

from pipeline.dashboard.panel import Column, Panel
from pipeline.dashboard.selection import Completed
from pipeline.errors import QueryError
from pipeline.texts import visible, without_formula
from pipeline.warehouse.sql_files import all_queries

#: What a filter is called in a sentence.
_FILTERS = {
    "source": "source",
    "topic": "topic",
    "query": "search words",
    "from_date": "period",
    "to_date": "period",
    "provider": "host",
    "publisher": "publisher",
}
_WEB = re.compile(r"https?://\S+", re.IGNORECASE)
_NUMBERS = frozenset({"count", "decimal", "percent", "minutes", "signed"})
_NOTHING = '<span class="nothing" title="not known">–</span>'


def text(value: Any) -> str:
    """A text of a document as HTML."""
    return escape(visible(str(value)))


def number(value: float) -> str:
    """A figure with thousands separated and as many digits as it is worth: `7,860`, `0.0436`, `12.5`."""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:,.3g}"


def duration(minutes: float) -> str:
    """Minutes as people say them: `3 min`, `2 h 5 min`, `4.5 days`; negative ones with a minus."""
    sign, minutes = "−" if minutes < 0 else "", abs(minutes)
    if minutes >= 48 * 60:
        return f"{sign}{minutes / 1440:,.1f} days"
    hours, rest = divmod(round(minutes), 60)
    if not hours:
        return f"{sign}{rest} min"
    return f"{sign}{hours} h" + (f" {rest} min" if rest else "")


def link(title: str, url: str | None) -> str:
    """A title that leads to its address, if that is one of the web; the title alone otherwise."""
    shown = text(title) or "(no title)"
    if url is None or not _WEB.fullmatch(url):
        return shown
    return f'<a href="{escape(url)}" rel="noopener noreferrer" target="_blank">{shown}</a>'


def section(
    panel: Panel,
    answer: pl.DataFrame | QueryError | None,
    selection: Completed,
    drawn: str,
    more: str,
    *,
    address: Mapping[str, str] | None = None,
    above: str = "",
    heading: str = "h2",
) -> str:
    """One panel. Without an answer it says that it waits. `drawn` is the chart, with `above` above it; `more` stands
    below what is shown. `address` is that of the page, for links to timelines."""
    head, body, table_of = "", "", ""
    if isinstance(answer, QueryError):
        body = f'<p class="problem" role="alert">{text(answer)}</p>'
    elif answer is None:
        body = '<p class="empty">This takes a while on so many documents; it is computed on request.</p>'
    elif answer.is_empty():
        body = f'<p class="empty">{escape(panel.empty)}</p>'
    else:
        head = csv_link(panel, answer)
        if panel.name == "headline":
            body = headline(answer.row(0, named=True), selection.counted_by)
        else:
            body = f'<div class="chart">{drawn}</div>' if drawn else ""
            rows = table(panel, answer, address)
            if panel.is_table_closed:
                table_of = details(f"Table of {answer.height:,}", rows, panel.title)
            else:
                body += rows
    subtitle = ""
    if panel.subtitle and isinstance(answer, pl.DataFrame) and not answer.is_empty():
        subtitle = f'<p class="subtitle">{text(answer[panel.subtitle][0] or "(no title)")}</p>'
    note = f'<p class="note">{escape(panel.note)}</p>' if panel.note else ""
    ignored = _ignored(panel, selection)
    not_narrowed = f'<p class="ignored">Not narrowed by {", ".join(ignored)}.</p>' if ignored else ""
    return (
        f'<section class="panel{" wide" if panel.is_wide else ""}" id="{panel.name}" '
        f'aria-labelledby="{panel.name}-title"><header>'
        f'<{heading} id="{panel.name}-title">{escape(title(panel, selection))}</{heading}>{head}</header>'
        f'{subtitle}{note}{not_narrowed}{above}{body}<div class="more">{table_of}{more}</div></section>'
    )


def title(panel: Panel, selection: Completed) -> str:
    """The title of a panel, with the host or publisher that it is about."""
    subject = panel.subject(selection)
    return f"{panel.title} · {visible(subject)}" if subject else panel.title


def _ignored(panel: Panel, selection: Completed) -> list[str]:
    """The filters that are set and do not change what the panel asks, in words."""
    names = [
        word
        for name, word in _FILTERS.items()
        if getattr(selection, name) is not None and not selection.is_narrowed_by(name, panel.sql)
    ]
    return list(dict.fromkeys(names))


def table(panel: Panel, frame: pl.DataFrame, address: Mapping[str, str] | None = None) -> str:
    """The answer of a panel, one line per row. `address` is that of the page, for links to timelines; without one there
    are none."""
    columns = [column for column in panel.columns if column.kind != "story" or address is not None]
    head = "".join(f'<th scope="col"{_class(column)}>{escape(column.label)}</th>' for column in columns)
    rows = "".join(
        "<tr>"
        + "".join(f"<td{_class(column)}>{_cell(column, row, address or {})}</td>" for column in columns)
        + "</tr>"
        for row in frame.iter_rows(named=True)
    )
    # It can be scrolled sideways, so the keyboard must reach it.
    return (
        f'<div class="rows" tabindex="0" role="region" aria-label="Rows of {escape(panel.title)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def headline(row: Mapping[str, Any], counted_by: str) -> str:
    """The figures of the top of the page, each with what it counts."""
    units = ("publisher", "publishers") if counted_by == "publisher" else ("host", "hosts")
    lag = row["median_lag_minutes"]
    figures = [
        (number(row["article_count"]), _of(row["article_count"], "article", "articles"), "each counted once"),
        (number(row["story_count"]), _of(row["story_count"], "story", "stories"), "pieces of news"),
        (_or_dash(row["unit_count"], number), _of(row["unit_count"], *units), "with an article"),
        (
            _or_dash(row["effective_number"], number),
            f"effective {units[1]}",
            f"HHI {_or_dash(row['hhi'], number)}, n = {number(row['total_count'] or 0)} articles",
        ),
        (_or_dash(lag, duration), "median lag", f"behind the lead, n = {number(row['lag_count'])} articles"),
    ]
    return (
        '<dl class="figures">'
        + "".join(
            f"<div><dt>{label}</dt><dd><strong>{value}</strong><span>{note}</span></dd></div>"
            for value, label, note in figures
        )
        + "</dl>"
    )


def definition(panel: Panel) -> str:
    """What each figure of a panel means."""
    return "".join(map(metric, panel.metrics))


def metric(name: str) -> str:
    """What a view or macro counts, as it says itself."""
    query = all_queries()[name]
    said = [
        (label, query.text(key))
        for key, label in (
            ("definition", "Definition"),
            ("grain", "A row is"),
            ("denominator", "Counted among"),
            ("edge_cases", "Note"),
        )
    ]
    items = "".join(f"<dt>{label}</dt><dd>{escape(words)}</dd>" for label, words in said if words)
    return f"<p><code>{name}</code> {escape(query.question)}</p><dl>{items}</dl>"


def csv_link(panel: Panel, frame: pl.DataFrame) -> str:
    """A link that saves the answer as CSV; texts that a spreadsheet would run begin with an apostrophe."""
    file = io.StringIO()
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    frame.with_columns(pl.col(name).map_elements(without_formula, return_dtype=pl.String) for name in texts).write_csv(
        file
    )
    data = base64.b64encode(file.getvalue().encode()).decode()
    return (
        f'<a class="button" download="{panel.name}.csv" href="data:text/csv;charset=utf-8;base64,{data}">'
        f'CSV<span class="unseen"> of {escape(panel.title)}</span></a>'
    )


def details(summary: str, content: str, about: str, is_open: bool = False) -> str:
    """Something that opens on request."""
    return (
        f"<details{' open' if is_open else ''}><summary>{escape(summary)}"
        f'<span class="unseen">: {escape(about)}</span></summary>{content}</details>'
    )


def sql_block(sql: str) -> str:
    """A query with a button that copies it; the page's script does the copying."""
    return f'<button type="button" class="button copy">Copy</button><pre tabindex="0"><code>{escape(sql)}</code></pre>'


def _class(column: Column) -> str:
    kind = "number" if column.kind in _NUMBERS else column.kind
    return f' class="{kind}"' if kind in ("number", "path", "link") else ""


def _of(count: int | None, one: str, several: str) -> str:
    return one if count == 1 else several


def _or_dash(value: float | None, written: Any) -> str:
    return _NOTHING if value is None else str(written(value))


def _cell(column: Column, row: Mapping[str, Any], address: Mapping[str, str]) -> str:
    value = row[column.name]
    if column.kind == "link":
        return link(value or "", row.get("url"))
    if value is None:
        return _NOTHING
    if column.kind == "story":
        query = escape(urlencode({**address, "story": value}))
        return f'<a href="?{query}#timeline">Open<span class="unseen"> {text(row.get("title") or "")}</span></a>'
    match column.kind:
        case "count":
            return f"{value:,}"
        case "decimal":
            return number(value)
        case "percent":
            return f"{value:.1%}"
        case "minutes":
            return duration(value)
        case "signed":
            return f"{value:+d}".replace("-", "−") if value else "0"
        case "code":
            return text(value).replace("_", " ")
        case "yes":
            return "yes" if value else "no"
        case "time" if isinstance(value, datetime):
            return f'<time datetime="{value:%Y-%m-%dT%H:%MZ}">{value:%Y-%m-%d %H:%M}</time>'
        case "time" | "date" if isinstance(value, date):
            return f'<time datetime="{value:%Y-%m-%d}">{value:%Y-%m-%d}</time>'
    return text(value)
