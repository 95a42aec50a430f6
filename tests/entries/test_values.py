"""From text to values: `pipeline/values.py`, by the spellings that are accepted and those that are not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.entries.values import booleans, code_or_null, integers, prose_or_null, text_or_null, time_of, times


def of(function: Callable[[pl.Expr], pl.Expr], *texts: str | None) -> list[object]:
    column = pl.Series("text", texts, dtype=pl.String)
    return column.to_frame().select(function(pl.col("text"))).to_series().to_list()


# Nothing there --------------------------------------------------------------------------------------------------------

NULLS = (None, "", " ", "\t\n", "~", " ~ ", "null", "Null", "NULL", " null ")


@pytest.mark.parametrize("text", NULLS)
def test_null_words_are_no_value(text: str | None) -> None:
    assert of(code_or_null, text) == [None]
    assert of(integers, text) == [None]
    assert of(booleans, text) == [None]
    assert times(pl.Series([text], dtype=pl.String)).row(0) == (None, None, None, None)


@pytest.mark.parametrize("text", ["nULL", "none", "None", "nil", "n/a", "-", "NaN", "~~", "null null"])
def test_other_words_are_given(text: str) -> None:
    assert of(code_or_null, f" {text}\n") == [text]


@pytest.mark.parametrize("text", ["null", "~", "NULL", "no", "a  b", "0", "\u200b"])
def test_text_loses_the_white_space_at_its_ends_and_may_say_null(text: str) -> None:
    assert of(text_or_null, text) == [text]
    assert of(text_or_null, f"\u3000{text} \n") == [text]


@pytest.mark.parametrize("text", [None, "", " ", "\t", "\n \n", "\u00a0", "\u3000"])
def test_blank_text_is_null(text: str | None) -> None:
    assert of(text_or_null, text) == [None]
    assert of(prose_or_null, text) == [None]


def test_prose_is_kept_as_written() -> None:
    assert of(prose_or_null, " two\nlines \n") == [" two\nlines \n"]


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
        ("2147483647", 2**31 - 1),
        ("-2147483648", -(2**31)),
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
        *("2147483648", "-2147483649", "9223372036854775807", "1" * 40),
    ],
)
def test_anything_else_is_no_integer(text: str) -> None:
    assert of(integers, text) == [None]


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers().map(str), st.integers(-(2**31), 2**31 - 1).map(str), st.text(max_size=3))))
@example(["+", "+1", "+-1"])
def test_integers_of_a_column_are_those_of_python_within_32_bits(texts: list[str]) -> None:
    def expected(text: str) -> int | None:
        trimmed = text.strip()
        digits = trimmed[1:] if trimmed[:1] in ("+", "-") else trimmed
        if not (digits.isascii() and digits.isdigit()):
            return None
        return int(trimmed) if -(2**31) <= int(trimmed) < 2**31 else None

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


# Times ----------------------------------------------------------------------------------------------------------------

NOON = datetime(2021, 3, 4, 12)


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        *((form, datetime(2021, 3, 4, 12, 34, 56), "second") for form in (
            "2021-03-04T12:34:56Z", "2021-03-04T12:34:56", "2021-03-04t12:34:56z", "2021-03-04 12:34:56",
            "2021-03-04   12:34:56 Z", "2021-03-04\u00a012:34:56 UTC", "2021-03-04 12:34:56 gmt", "20210304T123456Z",
            "20210304T123456+0000", "2021-W09-4T12:34:56Z", "2021W094T123456Z", "2021-063T12:34:56Z", "2021063T123456",
            "Thu, 04 Mar 2021 12:34:56 GMT", "4 Mar 2021 12:34:56 +0000", "Thu, 4 March 21 07:34:56 EST",
            "thu, 04 mar 2021 04:34:56 -0800 (PST)", "2021-03-04T05:34:56-07:00", "2021-03-04T05:34:56\u22127",
            "2021-03-05T02:34:56+14:00", "2021-03-04T12:34:56-00:00",
        )),
        ("2021-03-04T12:34Z", datetime(2021, 3, 4, 12, 34), "minute"),
        ("20210304T1234Z", datetime(2021, 3, 4, 12, 34), "minute"),
        ("04 Mar 2021 12:34 UT", datetime(2021, 3, 4, 12, 34), "minute"),
        ("2021-03-04T12Z", NOON, "hour"),
        ("2021-03-04T12.5Z", datetime(2021, 3, 4, 12, 30), "minute"),
        ("2021-03-04T12:34,5Z", datetime(2021, 3, 4, 12, 34, 30), "second"),
        ("2021-03-04T12:34:56,25Z", datetime(2021, 3, 4, 12, 34, 56, 250_000), "second"),
        ("2021-03-04T12:34:56.123456789Z", datetime(2021, 3, 4, 12, 34, 56, 123_456), "second"),
        ("2021-03-04T24:00:00Z", datetime(2021, 3, 5), "second"),
        ("2020-12-31T24:00Z", datetime(2021, 1, 1), "minute"),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1), "second"),
        ("2020-12-31T20:00:00-08:00", datetime(2021, 1, 1, 4), "second"),
        ("1990-01-01T00:00:00Z", datetime(1990, 1, 1), "second"),
        ("2099-12-31T23:59:59Z", datetime(2099, 12, 31, 23, 59, 59), "second"),
    ],
)  # fmt: skip
def test_instants_in_all_forms(text: str, at: datetime, precision: str) -> None:
    assert times(pl.Series([f" {text}\n"])).row(0) == (at, at.date(), precision, None)


@pytest.mark.parametrize("around", ["\u200b", "\u200e", "\ufeff", "\u2060", "\u00ad", " \u200b "])
def test_what_shows_nothing_at_its_ends_is_no_part_of_a_time(around: str) -> None:
    for text in ("2021-03-04T12:00:00Z", "Thu, 04 Mar 2021 12:00:00 GMT"):
        assert times(pl.Series([around + text, text + around]))["instant"].to_list() == [NOON, NOON]


@pytest.mark.parametrize(
    "text", ["2021-03-04", "2021-3-4", "20210304", "2021-W09-4", "2021W094", "2021-063", "2021063"]
)
def test_a_day_is_a_day_and_not_midnight(text: str) -> None:
    assert time_of(text) == (None, date(2021, 3, 4), "day", None)


@pytest.mark.parametrize(
    "text",
    [
        *("2021-02-29T00:00:00Z", "2021-02-30", "2021-04-31", "2021-13-01", "2021-00-10", "2021-01-00", "20210132"),
        *("2021-03-04T24:00:01Z", "2021-03-04T24:01Z", "2021-03-04T25:00:00Z", "2021-03-04T12:60:00Z", "2021-366"),
        *("2021-03-04T12:34:61Z", "2021-W53-1", "2021-W10-8", "30 Feb 2021 12:00:00 GMT", "04 Mar 2021 24:30 GMT"),
        *("2021-03-04T12:00+05:99", "2021-03-04T12:00+14:01", "2021-03-04T12:00-1500", "2021-03-04T12:00+24:00"),
    ],
)
def test_what_cannot_exist_says_so(text: str) -> None:
    assert time_of(text) == (None, None, None, "impossible")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "0000-05-01T15:22:03Z",
            "0000-05-01 15:22:03",
            "0000-05-01",
        ),
        *(
            "1970-01-01T00:00:00Z",
            "1970-01-01",
            "1989-12-31T23:59:59Z",
            "2100-01-01T00:00:00Z",
            "9999-12-31T23:59:59-14:00",
        ),
        *("1990-01-01T00:00:00+01:00", "01 Jan 1970 00:00:00 GMT"),
    ],
)
def test_what_stands_for_no_time_is_implausible(text: str) -> None:
    assert time_of(text) == (None, None, None, "implausible")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "yesterday",
            "2021",
            "2021-03",
            "2021-W09",
            "2021/03/04",
            "04.03.2021",
            "3/4/2021",
            "March 4, 2021",
            "12:34:56",
        ),
        *("1614861296", "1614861296000", "2021-03-04T", "2021-03-04T12:3", "2021-03-04T12:34:5Z", "2021-03-04TT12:34"),
        *("2021-03-04T12:34:56ZZ", "2021-03-04T12:34:56 PST", "2021-03-04T12:34:56[UTC]", "2021-03-04 12:34:56 PM"),
        *("2021-03-04Z", "21-03-04", "+2021-03-04", "12021-03-04T00:00:00Z", "-0001-01-01", "x2021-03-04"),
        *(
            "2021-03-04T12:34:56Z\n2021-03-05",
            "２０２１-03-04",
            "2021-03-04T12:34:56-",
            "Thu, 04 Mär 2021 12:34:56 GMT",
        ),
        *("04 Foo 2021 12:34:56 GMT", "/Date(1614861296000)/"),
    ],
)
def test_other_texts_are_in_a_form_that_is_not_understood(text: str) -> None:
    assert time_of(text) == (None, None, None, "not_understood")


def test_a_column_of_mixed_forms_keeps_its_order_and_length() -> None:
    frame = times(pl.Series(["2021-03-04T12:00:00Z", None, "2021-03-04", "never", "2021-03-04T12:00:00Z", ""]))
    assert frame.columns == ["instant", "day", "precision", "problem"]
    assert frame["instant"].to_list() == [NOON, None, None, None, NOON, None]
    assert frame["precision"].to_list() == ["second", None, "day", None, "second", None]
    assert frame["problem"].to_list() == [None, None, None, "not_understood", None, None]
    assert times(pl.Series([], dtype=pl.String)).height == 0


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
#: A day from the ends of what is plausible no offset leaves it.
TIMES = st.datetimes(datetime(1990, 1, 3), datetime(2099, 12, 29))


@settings(deadline=None)
@given(st.lists(st.tuples(TIMES, ZONES), max_size=10))
def test_what_python_writes_is_the_instant_that_it_wrote(pairs: list[tuple[datetime, timezone]]) -> None:
    zoned = [time.replace(tzinfo=zone) for time, zone in pairs]
    expected = [time.astimezone(UTC).replace(tzinfo=None) for time in zoned]
    for separator in ("T", " "):
        assert (
            times(pl.Series([time.isoformat(separator) for time in zoned], dtype=pl.String))["instant"].to_list()
            == expected
        )
    weeks = [f"{time.strftime('%G-W%V-%uT%H:%M:%S.%f')}{time.isoformat()[26:]}" for time in zoned if time.microsecond]
    assert times(pl.Series(weeks, dtype=pl.String))["instant"].to_list() == [
        at for at, time in zip(expected, zoned, strict=True) if time.microsecond
    ]
    feeds = pl.Series([format_datetime(time) for time in zoned], dtype=pl.String)
    assert times(feeds)["instant"].to_list() == [time.replace(microsecond=0) for time in expected]


@settings(deadline=None)
@given(st.lists(st.one_of(st.text(), st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"))))
def test_no_text_is_an_error_and_each_is_read_or_has_a_problem(texts: list[str]) -> None:
    frame = times(pl.Series(texts, dtype=pl.String))
    assert frame.height == len(texts)
    given_texts = pl.Series(texts, dtype=pl.String).to_frame("text").select(code_or_null(pl.col("text")))["text"]
    has_problem = frame["problem"].is_not_null()
    assert (frame["day"].is_not_null() ^ has_problem).to_list() == given_texts.is_not_null().to_list()
    assert (frame["precision"].is_null() == frame["day"].is_null()).all()
