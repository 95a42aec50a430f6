"""What a panel is: a question, the view or macro that answers it, the columns of its table, and its chart.

Every figure is one of the warehouse: a panel is a SELECT over macros and views, chooses among their columns and rows,
gives numbers their unit, and computes nothing else. Its answer is what is drawn, shown as a table and given as CSV.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from pipeline.dashboard.charts import Drawn
from pipeline.dashboard.selection import About, Ask, Completed

Kind = Literal[
    "text", "code", "path", "link", "story", "time", "date", "yes", "count", "signed", "decimal", "percent", "minutes"
]


@dataclass(frozen=True)
class Column:
    """A column of a panel's table: its name in the answer, what it is called there, how its values are written, and
    the SQL that gives it where that is not a column of the same name.

    A `path` may be broken anywhere, a `code` is shown in words. A `link` is a title that leads to the address in the
    column `url`; a `story` leads to the timeline of the story.
    """

    name: str
    label: str
    kind: Kind = "text"
    value: str = ""

    @property
    def sql(self) -> str:
        """The column in a select list."""
        return (f"{self.value} as " if self.value else "") + self.name + (", url" if self.kind == "link" else "")


def rate(name: str, label: str) -> tuple[Column, ...]:
    """A rate and the ends of its interval, which every view and macro calls so."""
    return (
        Column(name, label, "percent"),
        Column(f"{name}_low", "from", "percent"),
        Column(f"{name}_high", "to", "percent"),
    )


@dataclass(frozen=True)
class Panel:
    """One question.

    `metrics` are the views and macros whose definitions it shows. `rows` is what stands behind FROM in its query for a
    completed selection, `also` what it takes besides its columns, for the chart; `order` and `limit` are those of SQL.
    `empty` is what is said instead of an empty answer.

    `about` says whether it looks at one host, one host or publisher, or one story. `is_slow` is computed on request
    where there are many documents. `is_wide` takes the whole width. `note` says in a sentence how to read the chart,
    `gesture` what one can do with it on the page.
    """

    name: str
    title: str
    metrics: tuple[str, ...]
    rows: Callable[[Completed], str]
    columns: tuple[Column, ...]
    empty: str
    also: str = ""
    order: str = ""
    limit: int | None = None
    chart: Callable[[pl.DataFrame], Drawn] | None = None
    note: str = ""
    gesture: str = ""
    about: About = "all"
    is_slow: bool = False
    is_wide: bool = False
    #: A column whose first value stands below the title.
    subtitle: str | None = None
    #: The chart says it all; the table is opened by who wants it.
    is_table_closed: bool = False

    def sql(self, selection: Completed) -> str:
        """The whole query."""
        listed = [column.sql for column in self.columns] + ([self.also] if self.also else [])
        lines = [
            "select",
            "    " + ",\n    ".join(listed),
            f"from {self.rows(selection).strip()}",
            *([f"order by {self.order}"] if self.order else []),
            *([f"limit {self.limit}"] if self.limit else []),
        ]
        return "\n".join(lines)

    def subject(self, selection: Completed) -> str | None:
        """The host or publisher that it looks at, in words; None if it looks at neither, or there is none. A publisher
        that is chosen is meant on whatever host, unless a host is chosen, too."""
        if self.about == "host or publisher" and selection.publisher is not None:
            return " on ".join(filter(None, (selection.publisher, selection.provider)))
        return selection.host if self.about in ("host", "host or publisher") else None

    def answer(self, ask: Ask, selection: Completed) -> pl.DataFrame:
        """What is drawn, shown and given as CSV. Raises as `ask`."""
        if self.about in ("host", "host or publisher") and self.subject(selection) is None:
            return pl.DataFrame()
        return ask(self.sql(selection))


@dataclass(frozen=True)
class Page:
    """A page of the dashboard and chapter of the report: its name, what it is about, and its panels in their order."""

    name: str
    about: str
    panels: tuple[Panel, ...]


_NAME = "coalesce(provider_name, publisher_name)"
#: The name of a host or publisher, with its domain where two have one name.
UNIT = Column(
    "unit",
    "Who",
    value=f"if(count(*) over (partition by {_NAME}) > 1 or {_NAME} is null, "
    f"concat_ws(' · ', {_NAME}, coalesce(provider_domain, publisher_key, '(unknown)')), {_NAME})",
)
PUBLISHED = Column("published_at", "Published (UTC)", "time")
STORY = Column("title", "Story", "link")
TIMELINE = Column("story_id", "Timeline", "story")
#: What a list of stories says of each.
LISTED_STORY = (
    PUBLISHED,
    STORY,
    Column("lead_provider_name", "Lead"),
    Column("article_count", "Articles", "count"),
    Column("provider_count", "Hosts", "count"),
    Column("first_mover_name", "First"),
)
