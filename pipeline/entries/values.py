"""From text to typed values: whole columns of integers, booleans, instants. Nothing here raises on bad text.

Text that does not fit gives null; `entries/findings.py` compares with the text and says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone

import polars as pl

from pipeline.schema.columns import TEXT_TYPE
from pipeline.schema.upstream import NULL_WORDS, HeldScalar, Kind

_USUAL_INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]Z$"
_INSTANT = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:(?:[Tt]|[ \t]+)(?P<hour>[0-9]{1,2})"
    r"(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]*))?)?)?"
    r"[ \t]*(?:[Zz]|(?P<zone>[-+][0-9]{1,2}(?::?[0-9]{2})?))?)?"
)
_PARTS = ("year", "month", "day", "hour", "minute", "second")


def typed_columns(rows: pl.DataFrame, scalars: Iterable[HeldScalar]) -> pl.DataFrame:
    """The columns that hold these scalars, for each of `rows`, whose values are text.

    A text column holds what is written; any other what the scalar's kind makes of it. An instant has a second column,
    `<name>_precision`.
    """
    parsed: list[pl.Expr] = []
    instant_columns: list[pl.Series] = []
    for column, key, kind in scalars:
        if kind == "timestamp" and column.type != TEXT_TYPE:
            found = instants(rows.select(text_at(key)).to_series())
            instant_columns += [
                found["instant"].alias(column.name),
                found["precision"].alias(f"{column.name}_precision"),
            ]
        else:
            parse = text_or_null if kind != "code" and column.type == TEXT_TYPE else _PARSERS[kind]
            parsed.append(parse(text_at(key)).alias(column.name))
    return rows.select(parsed).with_columns(instant_columns)


def text_at(key: str) -> pl.Expr:
    """The text of a scalar by its path: `provider.name` is a field of the struct `provider`."""
    first, *rest = key.split(".")
    values = pl.col(first)
    for field in rest:
        values = values.struct.field(field)
    return values


def text_or_null(texts: pl.Expr) -> pl.Expr:
    """Text as written; null when blank."""
    return pl.when(texts.str.strip_chars() != "").then(texts)


def code_or_null(texts: pl.Expr) -> pl.Expr:
    """Text as written of a value that is not prose (an address, a domain, a type); null when blank or a YAML null."""
    return pl.when(~texts.str.strip_chars().is_in(NULL_WORDS)).then(texts)


def given(texts: pl.Expr) -> pl.Expr:
    """Trimmed text of a value that is not text; null when absent or a YAML null."""
    trimmed = texts.str.strip_chars()
    return pl.when(~trimmed.is_in(NULL_WORDS)).then(trimmed)


def integers(texts: pl.Expr) -> pl.Expr:
    """Decimal integers (`012` is 12) as Int64; null for anything else and for what 64 bits cannot hold."""
    return texts.str.strip_chars().cast(pl.Int64, strict=False)


def booleans(texts: pl.Expr) -> pl.Expr:
    """`true` and `false` in any case; null for anything else."""
    lowered = texts.str.strip_chars().str.to_lowercase()
    return pl.when(lowered == "true").then(pl.lit(True)).when(lowered == "false").then(pl.lit(False))


#: How the text of a scalar of each kind is read.
_PARSERS: Mapping[Kind, Callable[[pl.Expr], pl.Expr]] = {
    "prose": text_or_null,
    "code": code_or_null,
    "integer": integers,
    "boolean": booleans,
}


def instants(texts: pl.Series) -> pl.DataFrame:
    """Instants and their precision: columns `instant` (UTC, microseconds, without zone) and `precision` (`second`,
    `minute`, `hour`, `day`: the last part that is written).

    ISO 8601 and YAML 1.1 forms; a time without zone is taken as UTC, an offset is applied. A date that does not exist
    gives null in both.
    """
    written = pl.select(given(pl.lit(texts))).to_series()
    is_unusual = ~written.str.contains(_USUAL_INSTANT)
    unusual = written.filter(is_unusual).unique().drop_nulls()
    parsed = [_instant(text) for text in unusual]
    precision = written.replace_strict(unusual, pl.Series([p[1] for p in parsed], dtype=pl.String), default="second")
    usual = written.set(is_unusual, None).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", strict=False)
    other = written.replace_strict(
        unusual,
        pl.Series([p[0] for p in parsed], dtype=pl.Datetime("us")),
        default=None,
        return_dtype=pl.Datetime("us"),
    )
    return pl.select(instant=pl.coalesce(usual, other), precision=precision).with_columns(
        pl.when(pl.col("instant").is_not_null()).then("precision")
    )


def _instant(text: str) -> tuple[datetime | None, str | None]:
    """Instant in UTC without zone, and precision, of one text in an unusual form."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None, None
    part = match.groupdict()
    try:
        year, month, day, hour, minute, second = (int(part[name] or 0) for name in _PARTS)
        microsecond = int(((part["fraction"] or "") + "000000")[:6])
        local = datetime(year, month, day, hour, minute, second, microsecond, _zone(part["zone"]))
        instant = local.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None, None
    return instant, next(name for name in ("second", "minute", "hour", "day") if part[name])


def _zone(text: str | None) -> timezone:
    if not text:
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
