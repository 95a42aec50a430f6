"""From text to values: `pipeline/values.py`, by the spellings that are accepted and those that are not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.entries.values import booleans, code_or_null, instants, integers, text_or_null
from pipeline.entries.values import given as given_text


def of(function: Callable[[pl.Expr], pl.Expr], *texts: str | None) -> list[object]:
    column = pl.Series("text", texts, dtype=pl.String)
    return column.to_frame().select(function(pl.col("text"))).to_series().to_list()


def instant(text: str | None) -> tuple[datetime | None, str | None]:
    row = instants(pl.Series([text], dtype=pl.String)).row(0, named=True)
    return row["instant"], row["precision"]


# Nothing there --------------------------------------------------------------------------------------------------------

NULLS = (None, "", " ", "\t\n", "~", " ~ ", "null", "Null", "NULL", " null ")


@pytest.mark.parametrize("text", NULLS)
def test_null_words_are_no_value(text: str | None) -> None:
    assert of(given_text, text) == [None]
    assert of(code_or_null, text) == [None]
    assert of(integers, text) == [None]
    assert of(booleans, text) == [None]
    assert instant(text) == (None, None)


@pytest.mark.parametrize("text", ["nULL", "none", "None", "nil", "n/a", "-", "NaN", "~~", "null null"])
def test_other_words_are_given(text: str) -> None:
    assert of(given_text, text) == [text]
    assert of(given_text, f" {text}\n") == [text]
    assert of(code_or_null, f" {text}\n") == [f" {text}\n"]


@pytest.mark.parametrize("text", ["null", "~", "NULL", "no", " a ", "0", "\u200b"])
def test_text_stays_as_written_even_when_it_says_null(text: str) -> None:
    assert of(text_or_null, text) == [text]


@pytest.mark.parametrize("text", [None, "", " ", "\t", "\n \n", "\u00a0", "\u3000"])
def test_blank_text_is_null(text: str | None) -> None:
    assert of(text_or_null, text) == [None]


# Integers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("7", 7),
        ("-1", -1),
        ("+20", 20),
        ("-0", 0),
        ("012", 12),
        ("08", 8),
        ("-007", -7),
        (" 120 ", 120),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("0000000000000000000000000000001", 1),
    ],
)
def test_decimal_digits_are_an_integer(text: str, number: int) -> None:
    assert of(integers, text) == [number]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1.0",
            "1.",
            ".5",
            "1e3",
            "1,000",
            "1_000",
            "1 000",
            "0x1F",
            "0b1",
            "0o14",
            "190:20:30",
            "12px",
            "ten",
            "true",
        ),
        *("--1", "+-1", "++1", "+", "-", "1-", "- 1", "½", "²", "٣", "１２", "∞", "NaN", ".inf", "1\n2"),
        *("9223372036854775808", "-9223372036854775809", "1" * 40),
    ],
)
def test_anything_else_is_no_integer(text: str) -> None:
    assert of(integers, text) == [None]


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers().map(str), st.integers(-(2**63), 2**63 - 1).map(str), st.text(max_size=3))))
@example(["+", "+1", "+-1"])
def test_integers_of_a_column_are_those_of_python_within_64_bits(texts: list[str]) -> None:
    def expected(text: str) -> int | None:
        trimmed = text.strip()
        digits = trimmed[1:] if trimmed[:1] in ("+", "-") else trimmed
        if not (digits.isascii() and digits.isdigit()):
            return None
        return int(trimmed) if -(2**63) <= int(trimmed) < 2**63 else None

    assert of(integers, *texts) == [expected(text) for text in texts]


# Booleans -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "tRuE", " true "])
def test_true_in_any_case_is_true(text: str) -> None:
    assert of(booleans, text) == [True]


@pytest.mark.parametrize("text", ["false", "False", "FALSE", "fAlSe", "\tfalse\n"])
def test_false_in_any_case_is_false(text: str) -> None:
    assert of(booleans, text) == [False]


@pytest.mark.parametrize("text", ["yes", "no", "on", "off", "y", "n", "t", "f", "0", "1", "truee", "not true", "wahr"])
def test_anything_else_is_no_boolean(text: str) -> None:
    assert of(booleans, text) == [None]


# Instants -------------------------------------------------------------------------------------------------------------

DAY = datetime(2021, 3, 4)
NOON = datetime(2021, 3, 4, 12)


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("2021-03-04T12:34:56Z", datetime(2021, 3, 4, 12, 34, 56), "second"),
        ("2021-03-04T12:34:00Z", datetime(2021, 3, 4, 12, 34), "second"),
        ("2021-03-04T12:34:56", datetime(2021, 3, 4, 12, 34, 56), "second"),
        ("2021-03-04T12:34:56z", datetime(2021, 3, 4, 12, 34, 56), "second"),
        ("2021-03-04t12:34:56z", datetime(2021, 3, 4, 12, 34, 56), "second"),
        ("2021-03-04 12:34:56", datetime(2021, 3, 4, 12, 34, 56), "second"),
        ("2021-03-04   12:34:56 Z", datetime(2021, 3, 4, 12, 34, 56), "second"),
        ("2021-03-04\t12:34:56", datetime(2021, 3, 4, 12, 34, 56), "second"),
        (" 2021-03-04T12:34:56Z\n", datetime(2021, 3, 4, 12, 34, 56), "second"),
        ("2021-3-4T1:34:56Z", datetime(2021, 3, 4, 1, 34, 56), "second"),
        ("2021-03-04T12:34Z", datetime(2021, 3, 4, 12, 34), "minute"),
        ("2021-03-04 12:34", datetime(2021, 3, 4, 12, 34), "minute"),
        ("2021-03-04T12Z", NOON, "hour"),
        ("2021-03-04 12", NOON, "hour"),
        ("2021-03-04", DAY, "day"),
        ("2021-3-4", DAY, "day"),
        ("2021-03-04T00:00:00Z", DAY, "second"),
        ("2021-03-04T12:34:56.5Z", datetime(2021, 3, 4, 12, 34, 56, 500_000), "second"),
        ("2021-03-04T12:34:56.Z", datetime(2021, 3, 4, 12, 34, 56), "second"),
        ("2021-03-04T12:34:56.123456Z", datetime(2021, 3, 4, 12, 34, 56, 123_456), "second"),
        ("2021-03-04T12:34:56.123456789Z", datetime(2021, 3, 4, 12, 34, 56, 123_456), "second"),
        ("2020-02-29T00:00:00Z", datetime(2020, 2, 29), "second"),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1), "second"),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59), "second"),
        ("1969-12-31T23:59:59.5Z", datetime(1969, 12, 31, 23, 59, 59, 500_000), "second"),
    ],
)
def test_iso_8601_and_yaml_forms_are_instants_with_their_precision(text: str, at: datetime, precision: str) -> None:
    assert instant(text) == (at, precision)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        *(("Z", 0.0), ("+00:00", 0), ("-00:00", 0), ("+02:00", 2), ("-08:00", -8), ("+0530", 5.5), ("-0330", -3.5)),
        *(("+2", 2), ("-08", -8), ("+5:45", 5.75), ("-530", -5.5), (" +01:00", 1), ("+23:59", 23 + 59 / 60)),
    ],
)
def test_an_offset_is_applied(zone: str, hours: float) -> None:
    at = timedelta(hours=12) - timedelta(hours=hours)
    assert instant(f"2021-03-04T12:00:00{zone}") == (DAY + at, "second")
    assert instant(f"2021-03-04T12:00{zone}") == (DAY + at, "minute")


def test_an_offset_may_change_the_day_and_the_year() -> None:
    assert instant("2020-12-31T20:00:00-08:00") == (datetime(2021, 1, 1, 4), "second")


@pytest.mark.parametrize(
    "text",
    [
        *("2021-02-29T00:00:00Z", "2021-02-30", "2021-04-31", "2021-13-01", "2021-00-10", "2021-01-00", "2021-01-32"),
        *("2021-03-04T24:00:00Z", "2021-03-04T25:00:00Z", "2021-03-04T12:60:00Z", "2021-03-04T12:34:60Z"),
        *("2021-03-04T12:34:61Z", "2021-03-04 24:00", "2021-03-04T12:34:56+24:00", "2021-03-04T12:34:56+99:99"),
        *("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
    ],
)
def test_an_instant_that_does_not_exist_is_null(text: str) -> None:
    assert instant(text) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "yesterday",
            "now",
            "2021",
            "2021-03",
            "20210304",
            "20210304T123456Z",
            "2021/03/04",
            "04.03.2021",
            "3/4/2021",
        ),
        *("March 4, 2021", "Thu, 04 Mar 2021 12:34:56 GMT", "12:34:56", "1614861296", "1614861296000", "2021-W09-4"),
        *(
            "2021-063",
            "2021-03-04T",
            "2021-03-04T12:3",
            "2021-03-04T12:34:5Z",
            "2021-03-04T123456Z",
            "2021-03-04TT12:34",
        ),
        *("2021-03-04T12:34:56ZZ", "2021-03-04T12:34:56 PST", "2021-03-04T12:34:56[UTC]", "2021-03-04T12:34:56,5Z"),
        *(
            "2021-03-04Z",
            "2021-03-04+01:00",
            "21-03-04",
            "+2021-03-04",
            "12021-03-04T00:00:00Z",
            "-0001-01-01",
            "x2021-03-04",
        ),
        *(
            "2021-03-04T12:34:56Z\n2021-03-05",
            "２０２１-03-04",
            "2021-03-04T12:34:56-",
            "2021−03−04",
            "0000-00-00T00:00:00Z",
        ),
    ],
)
def test_other_texts_are_no_instant(text: str) -> None:
    assert instant(text) == (None, None)


def test_a_column_of_mixed_forms_keeps_its_order_and_length() -> None:
    texts = [
        "2021-03-04T12:00:00Z",
        None,
        "2021-03-04",
        "never",
        "2021-03-04T12:00:00Z",
        "2021-03-04 12",
        "",
        "2021-03-04",
    ]
    frame = instants(pl.Series(texts))
    assert frame.schema == {"instant": pl.Datetime("us"), "precision": pl.String()}
    assert frame["instant"].to_list() == [NOON, None, DAY, None, NOON, NOON, None, DAY]
    assert frame["precision"].to_list() == ["second", None, "day", None, "second", "hour", None, "day"]
    assert instants(pl.Series([], dtype=pl.String)).height == 0
    assert instants(pl.Series([None], dtype=pl.String)).row(0) == (None, None)


ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
#: Two days from the ends of the calendar no offset leaves it.
TIMES = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29))


@settings(deadline=None)
@given(st.lists(st.tuples(TIMES, ZONES), max_size=10))
def test_what_python_writes_as_iso_8601_is_the_instant_that_it_wrote(times: list[tuple[datetime, timezone]]) -> None:
    zoned = [time.replace(tzinfo=zone) for time, zone in times]
    expected = [time.astimezone(UTC).replace(tzinfo=None) for time in zoned]
    for separator in ("T", " "):
        texts = pl.Series([time.isoformat(separator) for time in zoned], dtype=pl.String)
        assert instants(texts)["instant"].to_list() == expected


@settings(deadline=None)
@given(st.lists(TIMES.map(lambda time: time.replace(microsecond=0)), max_size=10))
def test_the_usual_form_and_its_other_spellings_are_one_instant(times: list[datetime]) -> None:
    for form in ("{}Z", "{}z", "{}", " {}Z", "{}+00:00", "{}.000000Z"):
        texts = pl.Series([form.format(time.isoformat()) for time in times], dtype=pl.String)
        frame = instants(texts)
        assert frame["instant"].to_list() == times
        assert frame["precision"].to_list() == ["second"] * len(times)


@settings(deadline=None)
@given(st.lists(st.one_of(st.text(), st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"))))
def test_no_text_is_an_error_and_an_instant_comes_with_its_precision(texts: list[str]) -> None:
    frame = instants(pl.Series(texts, dtype=pl.String))
    assert frame.height == len(texts)
    assert (frame["instant"].is_null() == frame["precision"].is_null()).all()
