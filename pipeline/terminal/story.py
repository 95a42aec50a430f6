"""The links of a story, to click."""

from __future__ import annotations

import re

import duckdb

from pipeline.terminal.layout import tell
from pipeline.texts import counted, visible
from pipeline.warehouse.asking import Access, limits

_QUERY = """
select story_title, other_stories, title, provider_name, published_at, url
from story_timeline(?)
"""


def show_links(connection: duckdb.DuckDBPyConnection, story: str) -> None:
    """Print title, provider, time and address of each article of a story, earliest first. `story` is what
    `story_named` takes: words of a title, a story_id, an address or the path of a document.

    Only addresses of the web are printed. Raises `QueryError`, naming the nearest stories, when there is no such story.
    """
    with limits(connection, Access()):
        rows = connection.execute(_QUERY, [story]).fetchall()
    headline, others = rows[0][:2]
    tell(f"{_line(headline) or '(no title)'}\n")
    for _, _, title, provider, published_at, url in rows:
        when = f"{published_at:%Y-%m-%d %H:%M}" if published_at else "(no time)"
        tell(f"{when:<16}  {_line(provider)}: {_line(title) or '(no title)'}")
        is_web = url is not None and re.fullmatch(r"https?://\S+", url, re.IGNORECASE)
        tell(f"{'':16}  {url if is_web else '(no address of the web)'}")
    tell(f"\n{counted(len(rows), 'article')}; times are UTC")
    if others:
        tell(f"Other stories that fit: {_line(others)}")


def _line(text: str | None) -> str:
    return visible(" ".join((text or "").split()))
