"""A report that can be mailed: one HTML file with the panels of the dashboard, which asks nothing of any host.

The page's policy (Content-Security-Policy) lets only its own script run, by its hash, and nothing be loaded: were a
text of some document not escaped, a browser would still not run it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path

import altair as alt
import polars as pl
import vl_convert

from pipeline.dashboard import charts, markup
from pipeline.dashboard.asking import PANEL_ACCESS, Asker
from pipeline.dashboard.panel import Page, Panel
from pipeline.dashboard.panels import PAGES, PANELS
from pipeline.dashboard.selection import Completed, Selection
from pipeline.errors import QueryError
from pipeline.texts import counted, visible
from pipeline.warehouse.asking import open_database
from pipeline.warehouse.snapshots import Snapshot

#: What a filter is called in the line below the title.
_FILTERS = {
    "source": "source",
    "topic": "topic",
    "query": "search",
    "from_date": "from",
    "to_date": "to",
    "provider": "host",
    "publisher": "written by",
    "minimum_count": "at least",
    "story": "story",
}
#: Draws each chart in its place, as SVG and without `eval`.
_DRAW = """
for (const place of document.querySelectorAll(".chart")) {
  const specification = JSON.parse(place.firstElementChild.textContent);
  const options = {mode: "vega-lite", renderer: "svg", actions: false, ast: true};
  vegaEmbed(place, specification, options).catch((error) => {
    place.textContent = "This chart cannot be drawn here: " + error.message;
  });
}
"""


def write_report(snapshot: Snapshot, selection: Selection, file: Path) -> int:
    """Write the report of a snapshot to a file, which is replaced at once; returns how many articles it is about.

    Raises `QueryError`, naming the nearest, for a source, topic, host or story that is nowhere, and `OSError` when the
    file cannot be written.
    """
    with open_database(snapshot.database, PANEL_ACCESS) as connection:
        asker = Asker(connection, snapshot.record.code)
        completed = asker.completed(selection, PANELS)
        answers = asker.answers(PANELS, completed)
    if selection.story is not None and isinstance(nowhere := answers["timeline"], QueryError):
        raise nowhere
    page = _page(snapshot, selection, completed, answers)
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        unfinished.write_text(page, encoding="utf-8")
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    headline = answers["headline"]
    return 0 if isinstance(headline, QueryError) else int(headline["article_count"][0])


def _page(
    snapshot: Snapshot,
    selection: Selection,
    completed: Completed,
    answers: Mapping[str, pl.DataFrame | QueryError],
) -> str:
    policy = (
        f"default-src 'none'; script-src '{_hash(_script())}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    styles = "".join(Path(__file__).with_name(name).read_text("utf-8") for name in ("styles.css", "report.css"))
    record = snapshot.record
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Broadsheet {version("broadsheet")}">
<title>Broadsheet: {_told(selection)}</title>
<style>{styles}</style>
</head>
<body class="report">
<header class="masthead">
<h1>Broadsheet</h1>
<p>{_told(selection)}</p>
<p>Snapshot of {_time(record.built_at)} ({snapshot.name}), {counted(record.document_count, "document")}</p>
<p>Made {_time(datetime.now(UTC))}</p>
</header>
<noscript><p class="problem">Charts need JavaScript, which is off here; the table below each has the same figures.</p>
</noscript>
<main>
{"".join(_chapter(page, completed, answers) for page in PAGES.values())}
{_appendix(completed)}
</main>
<script>{_script()}</script>
</body>
</html>
"""


def _chapter(page: Page, selection: Completed, answers: Mapping[str, pl.DataFrame | QueryError]) -> str:
    panels = "".join(_panel(panel, answers[panel.name], selection) for panel in page.panels)
    return (
        f'<section class="page"><h2>{escape(page.name)}</h2><p class="lead">{escape(page.about)}</p>{panels}</section>'
    )


def _panel(panel: Panel, answer: pl.DataFrame | QueryError, selection: Completed) -> str:
    drawn, counted_by = "", ""
    if panel.chart is not None and isinstance(answer, pl.DataFrame) and not answer.is_empty():
        drawn = f'<script type="application/json">{_specification(panel.chart(answer))}</script>'
    if panel.metrics:
        names = ", ".join(f'<a href="#metric-{name}"><code>{name}</code></a>' for name in panel.metrics)
        counted_by = f'<p class="counted">Counted by {names}</p>'
    return markup.section(panel, answer, selection, drawn, counted_by, heading="h3")


def _appendix(selection: Completed) -> str:
    """Each metric once with its definition, and the query of each panel."""
    metrics = dict.fromkeys(name for panel in PANELS for name in panel.metrics)
    definitions = "".join(f'<section id="metric-{name}">{markup.metric(name)}</section>' for name in metrics)
    queries = "".join(
        f"<h4>{escape(markup.title(panel, selection))}</h4>"
        f"<pre><code>{escape(panel.sql(selection).strip())}</code></pre>"
        for panel in PANELS
    )
    return (
        '<section class="page"><h2>How it was counted</h2><p class="lead">Every figure is one of the warehouse: a view '
        'or a macro, which says itself what it counts.</p><section class="panel wide definitions"><h3>Definitions</h3>'
        f'{definitions}</section><section class="panel wide queries"><h3>Queries</h3>'
        f"{markup.details('The query of each panel', queries, 'to ask the same of the warehouse')}</section></section>"
    )


def _told(selection: Selection) -> str:
    """The filters in words, as HTML."""
    told = [
        f"{word} {visible(str(value))}"
        for field in fields(selection)
        if (word := _FILTERS.get(field.name)) and (value := getattr(selection, field.name)) is not None
    ]
    counted_by = "by publisher" if selection.counted_by == "publisher" else "by host"
    return escape("; ".join([*(told or ["the whole warehouse"]), f"counted {counted_by}"]))


def _time(instant: datetime) -> str:
    return f'<time datetime="{instant:%Y-%m-%dT%H:%MZ}">{instant:%-d %B %Y, %H:%M} UTC</time>'


def _specification(chart: charts.Drawn) -> str:
    """A chart as JSON inside of a script element, which nothing in it can end."""
    return json.dumps(chart.to_dict(validate=False), ensure_ascii=False).replace("<", "\\u003c")


@cache
def _script() -> str:
    """Vega, Vega-Lite of the version that Altair writes for, Vega-Embed, and what draws the charts."""
    bundle = vl_convert.javascript_bundle(_DRAW, vl_version=alt.SCHEMA_VERSION.rpartition(".")[0])
    return bundle.replace("</script", "<\\/script")


def _hash(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
