"""What a reader asks for: filters that become named arguments of macros, and the address that reopens them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, Self
from zoneinfo import available_timezones

import polars as pl

from pipeline.warehouse.asking import Value, value_literal
from pipeline.warehouse.sql_files import all_queries

CountedBy = Literal["provider", "publisher"]
#: What a panel is about, besides the whole selection: one host, one host or publisher, or one story.
About = Literal["all", "host", "host or publisher", "story"]
#: Answers a query.
Ask = Callable[[str], pl.DataFrame]
#: Below so many stories, each host and pair counts, however small; above, the macros' own minimums hold.
FEW_STORIES = 100
#: Periods of attention are the shortest of which there are no more than so many, and so are the periods of ranks.
_MOST_PERIODS = 400
_MOST_RANKED = 14
_HOURS_OF_GRAIN = {"hour": 1, "day": 24, "week": 168, "month": 730, "quarter": 2191, "year": 8766}


@dataclass(frozen=True)
class Selection:
    """The filters of the page. None: not narrowed, or left to `completed`.

    `provider` is a host domain, `publisher` who wrote it as `publisher_named` takes it, `counted_by` what counts as one
    in a ranking, `minimum_count` the smallest count of a row, `story` what `story_named` finds, `hours` by how much the
    clock of a host is put forward. Days are UTC's and both belong to the period; hours of the day are those of
    `time_zone`.
    """

    source: str | None = None
    topic: str | None = None
    query: str | None = None
    from_date: date | None = None
    to_date: date | None = None
    provider: str | None = None
    publisher: str | None = None
    counted_by: CountedBy = "provider"
    minimum_count: int | None = None
    time_zone: str = "UTC"
    hours: float = 0.0
    story: str | None = None

    def call(self, macro: str, *positional: str, **named: str) -> str:
        """The macro with the filters that it knows and that are set, as SQL. `positional` and `named` are SQL, too, and
        go before the filters. The time zone is given where it is named alone: all else counts in UTC."""
        given: list[str] = list(positional)
        for place, declaration in enumerate(all_queries()[macro].parameters):
            name, _, default = (part.strip() for part in declaration.partition("="))
            if place < len(positional):
                continue
            value = named.get(name) or sql_of(None if name == "time_zone" else getattr(self, name, None))
            if not default:
                given.append(value)
            elif value not in ("null", default):
                given.append(f"{name} := {value}")
        return f"{macro}({', '.join(given)})"

    def where(self, **conditions: str) -> str:
        """A WHERE clause for what has no parameter of its own: for filters by name, the SQL that keeps their rows, in
        which `{}` stands for the value. Those that are not set keep all rows."""
        kept = [
            condition.replace("{}", sql_of(value))
            for name, condition in conditions.items()
            if (value := getattr(self, name)) is not None
        ]
        return f"where {' and '.join(kept)}" if kept else ""

    def to_parameters(self) -> dict[str, str]:
        """Query parameters of an address, those that differ from an empty selection alone."""
        return {
            field.name: f"{value:g}" if isinstance(value, float) else str(value)
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Self:
        """The selection that an address tells. What cannot be is left out: an address is typed and shortened by
        hand."""
        found: dict[str, Any] = {}
        for field in fields(cls):
            value = parameters.get(field.name)
            text = (value[-1] if isinstance(value, list) and value else str(value or "")).strip()
            try:
                parsed = _parsed(field.name, text) if text else None
            except ValueError:
                continue
            if parsed is not None:
                found[field.name] = parsed
        return cls(**found)

    def completed(self, ask: Ask, about: Set[About]) -> Completed:
        """The selection with what the reader left open; the host and the story that are looked at only if panels are
        `about` them. Raises as `ask`, also for a name that is nowhere."""
        with ThreadPoolExecutor(3) as threads:
            span = threads.submit(
                ask,
                f"select min(published_date), max(published_date), (select count(*) from {self.call('stories_for')}) "
                f"from {self.call('articles_for')}",
            )
            story, host = (
                threads.submit(self._largest, ask, *found) if about & kinds and not getattr(self, chosen) else None
                for kinds, chosen, found in (
                    ({"story"}, "story", ("top_stories_for", "cast(story_id as varchar)")),
                    ({"host", "host or publisher"}, "provider", ("share_of_voice_for", "provider_domain")),
                )
            )
        [(first, last, story_count)] = span.result().rows()
        first, last = self.from_date or first, self.to_date or last
        hours = ((last - first).days + 1) * 24 if first and last else 1
        return Completed(
            **{field.name: getattr(self, field.name) for field in fields(self)}
            | {
                "minimum_count": self.minimum_count or (1 if story_count < FEW_STORIES else None),
                "story": story.result() if story else self.story,
            },
            grain=_grain_of(hours, _MOST_PERIODS, "hour"),
            rank_grain=_grain_of(hours, _MOST_RANKED, "day"),
            host=host.result() if host else self.provider,
        )

    def _largest(self, ask: Ask, macro: str, column: str) -> str | None:
        """The first of a ranking."""
        asked = replace(self, minimum_count=1, counted_by="provider")
        rows = ask(f"select {column} from {asked.call(macro)} where {column} is not null limit 1").rows()
        return str(rows[0][0]) if rows else None


@dataclass(frozen=True)
class Completed(Selection):
    """A selection as panels take it: with a minimum that fits the number of stories, the story that is looked at (the
    largest, unless one is chosen), lengths of periods that fit the span, and the host that is looked at (the one with
    most articles, unless one is chosen)."""

    grain: str = "week"
    rank_grain: str = "month"
    host: str | None = None

    def is_narrowed_by(self, name: str, sql: Callable[[Completed], str]) -> bool:
        """Whether a filter that is set changes a query."""
        cleared: dict[str, Any] = {name: None} | ({"host": None} if name == "provider" else {})
        return sql(self) != sql(replace(self, **cleared))


def _grain_of(hours: float, most: int, shortest: str) -> str:
    """The shortest period of which the hours have no more than `most`."""
    grains = list(_HOURS_OF_GRAIN)[list(_HOURS_OF_GRAIN).index(shortest) :]
    return next((grain for grain in grains if hours / _HOURS_OF_GRAIN[grain] <= most), "year")


@cache
def time_zones() -> list[str]:
    """Names of all time zones, as `local_time` takes them."""
    return sorted(available_timezones())


def sql_of(value: Value | date) -> str:
    """The value of a filter as an SQL literal; a day is a text, which the macros cast. Raises as `value_literal`."""
    return value_literal(str(value) if isinstance(value, date) else value)


def _parsed(name: str, text: str) -> Any:
    """A value of a query parameter. Raises `ValueError` for what cannot be."""
    if name in ("from_date", "to_date"):
        return datetime.strptime(text, "%Y-%m-%d").date()
    if name == "minimum_count":
        return max(1, int(text))
    if name == "hours":
        if abs(float(text)) <= 24:
            return float(text)
        raise ValueError(text)
    if name == "counted_by" and text not in ("provider", "publisher"):
        raise ValueError(text)
    if name == "time_zone" and text not in time_zones():
        raise ValueError(text)
    return text
