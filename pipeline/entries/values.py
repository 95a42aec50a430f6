"""From text to typed values: whole columns of integers, booleans, instants. Nothing here raises on bad text.

Text that does not fit gives null; `entries/findings.py` compares with the text and says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

import polars as pl

from pipeline.entries.identity import BLANKS
from pipeline.schema.columns import TEXT_TYPE
from pipeline.schema.upstream import NULL_WORDS, HeldScalar, Kind

Precision = Literal["second", "minute", "hour", "day"]
TimeProblem = Literal["not_understood", "impossible", "implausible"]

_USUAL_INSTANT = r"^(?:199[0-9]|20[0-9]{2})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]Z$"
#: ISO 8601 with YAML 1.1's liberties (single digits, blanks): a calendar, week or ordinal date, and a time of day.
_ISO_8601 = re.compile(
    r"(?:(?P<year>[0-9]{4})(?:"
    r"-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})|(?P<basic_month>[0-9]{2})(?P<basic_day>[0-9]{2})"
    r"|-?W(?P<week>[0-9]{2})-?(?P<weekday>[0-9])|-?(?P<ordinal>[0-9]{3})))"
    r"(?:(?:[Tt]|\s+)(?P<hour>[0-9]{1,2})"
    r"(?::?(?P<minute>[0-9]{2})(?::?(?P<second>[0-9]{2}))?)?(?:[.,](?P<fraction>[0-9]*))?"
    r"\s*(?P<zone>[Zz]|(?i:UTC|GMT)|[-+\u2212][0-9]{1,2}(?::?[0-9]{2})?)?)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: RFC 822 and 2822 as feeds write them: names in full, a comment behind the zone, no zone at all.
_RFC_822 = re.compile(
    r"(?:[a-z]{3,9}\.?,?\s+)?(?P<day>[0-9]{1,2})[\s-]+(?P<month_name>[a-z]{3,9})\.?[\s-]+(?P<year>[0-9]{4}|[0-9]{2}),?\s+"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?"
    r"(?:\s*(?P<zone>Z|UT|UTC|GMT|[ECMP][SD]T|[-+][0-9]{2}:?[0-9]{2}))?(?:\s*\([^()]*\))?",
    re.IGNORECASE,
)
_MONTH_NAME = re.compile(
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)",
    re.IGNORECASE,
)
#: Zones that RFC 822 names, in hours ahead of UTC.
_ZONE_HOURS = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_LARGEST_OFFSET = timedelta(hours=14)
#: Nothing was published on the web before; 0001-01-01 and 1970-01-01 stand for "none".
_FIRST_YEAR, _LAST_YEAR = 1990, 2099
_UNITS = {"hour": timedelta(hours=1), "minute": timedelta(minutes=1), "second": timedelta(seconds=1)}
#: By how many parts of the time of day are written, a fraction being one.
_PRECISIONS: tuple[Precision, ...] = ("day", "hour", "minute", "second", "second")


class Time(NamedTuple):
    """What a text says of a time: the UTC instant where one is known, the UTC day, what is written; or why nothing."""

    instant: datetime | None = None
    day: date | None = None
    precision: Precision | None = None
    problem: TimeProblem | None = None


_TIME_SCHEMA = {"instant": pl.Datetime("us"), "day": pl.Date(), "precision": pl.String(), "problem": pl.String()}


def typed_columns(rows: pl.DataFrame, scalars: Iterable[HeldScalar]) -> pl.DataFrame:
    """The columns that hold these scalars, for each of `rows`, whose values are text.

    A text column holds what is written; any other what the scalar's kind makes of it. A time, `published_at`, has
    the other columns of `times`: `published_date`, `published_at_precision`, `published_at_problem`.
    """
    parsed: list[pl.Expr] = []
    time_columns: list[pl.Series] = []
    for column, key, kind in scalars:
        if kind == "timestamp" and column.type != TEXT_TYPE:
            found = times(rows.select(text_at(key)).to_series())
            time_columns += found.select(
                pl.col("instant").alias(column.name),
                pl.col("day").alias(column.name.removesuffix("_at") + "_date"),
                pl.col("precision", "problem").name.prefix(f"{column.name}_"),
            ).get_columns()
        else:
            is_raw = column.type == TEXT_TYPE and kind not in ("line", "prose", "code")
            parse = _PARSERS["line" if is_raw else kind]
            parsed.append(parse(text_at(key)).alias(column.name))
    return rows.select(parsed).with_columns(time_columns)


def text_at(key: str) -> pl.Expr:
    """The text of a scalar by its path: `provider.name` is a field of the struct `provider`."""
    first, *rest = key.split(".")
    values = pl.col(first)
    for field in rest:
        values = values.struct.field(field)
    return values


def prose_or_null(texts: pl.Expr) -> pl.Expr:
    """Text as it is, white space at its ends included; null when blank."""
    return pl.when(texts.str.strip_chars() != "").then(texts)


def text_or_null(texts: pl.Expr) -> pl.Expr:
    """Text of one line without white space at its ends; null when blank."""
    trimmed = texts.str.strip_chars()
    return pl.when(trimmed != "").then(trimmed)


def code_or_null(texts: pl.Expr) -> pl.Expr:
    """Trimmed text of a value that is no prose (an address, a number, a type); null when blank or a YAML null."""
    trimmed = texts.str.strip_chars()
    return pl.when(~trimmed.is_in(NULL_WORDS)).then(trimmed)


def integers(texts: pl.Expr) -> pl.Expr:
    """Decimal integers (`012` is 12) as Int32; null for anything else and for what 32 bits cannot hold."""
    return texts.str.strip_chars().cast(pl.Int32, strict=False)


def booleans(texts: pl.Expr) -> pl.Expr:
    """`true` and `false` in any case; null for anything else."""
    lowered = texts.str.strip_chars().str.to_lowercase()
    return pl.when(lowered == "true").then(pl.lit(True)).when(lowered == "false").then(pl.lit(False))


#: How the text of a scalar of each kind is read.
_PARSERS: Mapping[Kind, Callable[[pl.Expr], pl.Expr]] = {
    "prose": prose_or_null,
    "line": text_or_null,
    "code": code_or_null,
    "integer": integers,
    "boolean": booleans,
}


def times(texts: pl.Series) -> pl.DataFrame:
    """Times as they are written: `instant` (UTC, microseconds, without zone; null unless one is known), `day` (UTC),
    `precision` (the last part that is written) and `problem` (`not_understood`, `impossible`, `implausible`; null where
    there is none). A time without zone is taken as UTC.
    """
    written = pl.select(code_or_null(pl.lit(texts))).to_series()
    usual = written.set(~written.str.contains(_USUAL_INSTANT), None).str.to_datetime(
        "%Y-%m-%dT%H:%M:%SZ", time_unit="us", strict=False
    )
    unusual = written.filter(usual.is_null()).unique().drop_nulls()
    read = pl.DataFrame([time_of(text) for text in unusual], schema=_TIME_SCHEMA, orient="row")
    return (
        pl.DataFrame({"written": written, "usual": usual})
        .join(read.with_columns(written=unusual), on="written", how="left", maintain_order="left")
        .select(
            instant=pl.coalesce("usual", "instant"),
            day=pl.coalesce(pl.col("usual").dt.date(), "day"),
            precision=pl.when(pl.col("usual").is_not_null()).then(pl.lit("second")).otherwise("precision"),
            problem="problem",
        )
    )


def time_of(text: str) -> Time:
    """What one text says of a time: ISO 8601 in all forms that name an instant or a day, and RFC 822 and 2822."""
    text = text.strip(BLANKS)
    match = _ISO_8601.fullmatch(text) or _RFC_822.fullmatch(text)
    if match is None:
        return Time(problem="not_understood")
    part = {name: value for name, value in match.groupdict().items() if value}
    if (name := part.get("month_name")) is not None:
        if not _MONTH_NAME.fullmatch(name):
            return Time(problem="not_understood")
        part["month"] = str(_MONTHS.index(name[:3].lower()) + 1)
        if len(part["year"]) == 2:
            part["year"] = ("20" if part["year"] < "50" else "19") + part["year"]
    try:
        # Python knows no year 0; the calendar repeats every 400 years.
        day = _day(int(part["year"]) or 400, part)
        since_midnight = _since_midnight(part)
        offset = _offset(part.get("zone", "Z"))
    except ValueError:
        return Time(problem="impossible")
    precision = _PRECISIONS[sum(name in part for name in (*_UNITS, "fraction"))]
    if precision == "day":
        return Time(None, day, "day") if _is_plausible(day) else Time(problem="implausible")
    try:
        instant = datetime(day.year, day.month, day.day) + since_midnight - offset
    except OverflowError:
        return Time(problem="implausible")
    return Time(instant, instant.date(), precision) if _is_plausible(instant) else Time(problem="implausible")


def _is_plausible(day: date) -> bool:
    return _FIRST_YEAR <= day.year <= _LAST_YEAR


def _day(year: int, part: dict[str, str]) -> date:
    """The day of a calendar, week or ordinal date. Raises `ValueError` when there is none."""
    if "week" in part:
        return date.fromisocalendar(year, int(part["week"]), int(part["weekday"]))
    if "ordinal" in part:
        day = date(year, 1, 1) + timedelta(days=int(part["ordinal"]) - 1)
        if day.year != year:
            raise ValueError("the year has no such day")
        return day
    return date(year, int(part.get("month") or part["basic_month"]), int(part.get("day") or part["basic_day"]))


def _since_midnight(part: dict[str, str]) -> timedelta:
    """Time of day; 24:00:00 is the next midnight and second 60 the next second. Raises `ValueError` beyond that."""
    hour, minute, second = (int(part.get(name, "0")) for name in _UNITS)
    finest = next((name for name in ("second", "minute", "hour") if name in part), "hour")
    fraction = _UNITS[finest] * int((part.get("fraction", "") + "000000000")[:9]) // 10**9
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second or fraction)):
        raise ValueError("no clock shows this")
    return timedelta(hours=hour, minutes=minute, seconds=second) + fraction


def _offset(zone: str) -> timedelta:
    """How far a zone is ahead of UTC. Raises `ValueError` for one that does not exist."""
    if zone[0] not in "+-\u2212":
        return timedelta(hours=_ZONE_HOURS.get(zone.lower(), 0))
    digits = zone[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    offset = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or offset > _LARGEST_OFFSET:
        raise ValueError("no zone is so far from UTC")
    return offset if zone[0] == "+" else -offset
