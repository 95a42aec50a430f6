"""Whose clock is off: the three kinds of evidence at both edges of every limit, and the corrections that users set."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipeline import reference
from tests.helpers.documents import Tables, document, entry, rows, warehouse


def evidence(tables: Tables) -> list[tuple[str, float]]:
    """Kind and hours of each piece of evidence."""
    return rows(tables["clock_evidence"], "kind", "offset_hours")


def written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


# Names of files -------------------------------------------------------------------------------------------------------


def named(path: str, at: str | None) -> list[tuple[str, float]]:
    return evidence(warehouse({path: document(entry(at=at))}))


@pytest.mark.parametrize(
    ("path", "at"),
    [
        pytest.param("2021-03-05.txt", "2021-03-04T16:00:00Z", id="the evening begins"),
        pytest.param("2021-03-05.txt", "2021-03-04T23:59:59Z", id="the evening ends"),
        pytest.param("news/2021-03-05 a bridge opens.md", "2021-03-04T20:00:00Z", id="more in the name, and a folder"),
        pytest.param("2021-03-01.txt", "2021-02-28T20:00:00Z", id="the next day is in the next month"),
    ],
)
def test_a_file_named_after_the_day_that_follows_a_written_evening_is_evidence(path: str, at: str) -> None:
    assert named(path, at) == [("file_name", -8)]


@pytest.mark.parametrize(
    ("path", "at"),
    [
        pytest.param("2021-03-05.txt", "2021-03-04T15:59:59Z", id="before the evening"),
        pytest.param("2021-03-04.txt", "2021-03-04T20:00:00Z", id="the same day"),
        pytest.param("2021-03-06.txt", "2021-03-04T20:00:00Z", id="two days later"),
        pytest.param("2021-03-03.txt", "2021-03-04T20:00:00Z", id="the day before"),
        pytest.param("2021-03-05.txt", None, id="no time"),
        pytest.param("2021-02-30.txt", "2021-03-01T20:00:00Z", id="no such day"),
        pytest.param("2021-03-05/a.txt", "2021-03-04T20:00:00Z", id="the day names a folder"),
    ],
)
def test_other_names_of_files_are_no_evidence(path: str, at: str | None) -> None:
    assert named(path, at) == []


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2021-03-13", -8), ("2021-03-14", -7), ("2021-11-06", -7), ("2021-11-07", -8)],
)
def test_the_offset_is_that_of_pacific_time_on_the_written_day(day: str, hours: float) -> None:
    following = date.fromisoformat(day) + timedelta(days=1)
    assert named(f"{following}.txt", f"{day}T20:00:00Z") == [("file_name", hours)]


# Clocks in addresses --------------------------------------------------------------------------------------------------

CLOCK = "https://example.com/a-182658804.html"
PACIFIC = datetime(2021, 3, 4, 10, 26, 58)


def addressed(url: str, at: datetime) -> list[tuple[str, float]]:
    return evidence(warehouse({"a.txt": document(entry(url, written(at)))}))


@pytest.mark.parametrize("seconds", [-1200, 0, 1200])
def test_an_address_with_a_clock_is_evidence_when_the_written_time_is_pacific_within_twenty_minutes(
    seconds: int,
) -> None:
    assert addressed(CLOCK, PACIFIC + timedelta(seconds=seconds)) == [("url", -8)]


@pytest.mark.parametrize("seconds", [-1201, 1201, 3600, 8 * 3600])
def test_an_address_whose_clock_is_off_by_anything_else_is_no_evidence(seconds: int) -> None:
    assert addressed(CLOCK, PACIFIC + timedelta(seconds=seconds)) == []


def test_in_summer_the_clock_in_an_address_is_seven_hours_ahead() -> None:
    assert addressed(CLOCK, datetime(2021, 7, 4, 11, 26, 58)) == [("url", -7)]
    assert addressed(CLOCK, datetime(2021, 7, 4, 10, 26, 58)) == []


def test_the_clock_in_an_address_may_be_of_the_next_day() -> None:
    assert addressed("https://example.com/a-020000123.html", datetime(2021, 3, 4, 18)) == [("url", -8)]


@pytest.mark.parametrize("clock", ["242658804", "186058804", "182660804", "18265880", "182658804.htm", "x182658804"])
def test_digits_that_are_no_clock_are_no_evidence(clock: str) -> None:
    url = f"https://example.com/a-{clock}" + ("" if "." in clock else ".html")
    assert addressed(url, PACIFIC) == []


def test_an_article_is_evidence_once_by_its_earliest_mention() -> None:
    later = written(PACIFIC + timedelta(minutes=5))
    tables = warehouse(
        {"1.txt": document(entry(CLOCK, later)), "2.txt": document(entry(), entry(CLOCK, written(PACIFIC)))}
    )
    [found] = tables["clock_evidence"].join(tables["documents"], on="document_id").iter_rows(named=True)
    assert (found["kind"], found["path"]) == ("url", "2.txt")


# Copies ---------------------------------------------------------------------------------------------------------------

ORIGINAL_AT = datetime(2021, 3, 4, 12)


def copied(ahead: timedelta, title: str = "The old bridge opens", name: str = "City News") -> list[tuple[str, float]]:
    """Evidence of an original and of a platform's copy that is dated so much before it."""
    original = entry("https://city.com/a", written(ORIGINAL_AT), title=title, name="City News", domain="city.com")
    copy = entry(
        "https://msn.com/a", written(ORIGINAL_AT - ahead), title=title, name=f"{name} on MSN", domain="msn.com"
    )
    return evidence(warehouse({"1.txt": document(original), "2.txt": document(copy)}))


@pytest.mark.parametrize("minutes", [30, 31, 8 * 60, 12 * 60])
def test_a_copy_dated_before_its_original_is_evidence_by_the_difference(minutes: int) -> None:
    assert copied(timedelta(minutes=minutes)) == [("copy", pytest.approx(-minutes / 60))]


@pytest.mark.parametrize("ahead", [timedelta(minutes=29, seconds=59), timedelta(hours=12, seconds=1)])
def test_a_copy_a_little_or_very_much_older_than_its_original_is_no_evidence(ahead: timedelta) -> None:
    assert copied(ahead) == []


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=-8)])
def test_a_copy_as_old_as_its_original_or_younger_is_no_evidence(ahead: timedelta) -> None:
    assert copied(ahead) == []


def test_a_title_of_three_words_or_another_publisher_is_no_copy() -> None:
    assert copied(timedelta(hours=8), title="The bridge opens") == []
    assert copied(timedelta(hours=8), name="Harbor Post") == []


# Corrections that users set -------------------------------------------------------------------------------------------

SetOffsets = Callable[..., None]


@pytest.fixture
def set_offsets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SetOffsets]:
    """Writes lines of `clock_offsets.csv`, in a folder of reference data of this test's own."""
    shutil.copytree(reference.FOLDER, tmp_path / "reference")
    monkeypatch.setattr(reference, "FOLDER", tmp_path / "reference")

    def write(*lines: str) -> None:
        file = reference.FOLDER / "clock_offsets.csv"
        header = file.read_text(encoding="utf-8").splitlines()[0]
        file.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
        reference.clock_offsets.cache_clear()

    yield write
    reference.clock_offsets.cache_clear()


def hours_added(tables: Tables, table: str = "documents") -> dict[str, float]:
    """By how much the time of each document or related entry differs from the one written, by its written day."""
    frame = tables[table].with_columns(raw=pl.col("published_at_raw").str.to_datetime("%Y-%m-%dT%H:%M:%SZ"))
    difference = (pl.col("published_at").dt.replace_time_zone(None) - pl.col("raw")).dt.total_seconds() / 3600
    return dict(frame.select(pl.col("raw").dt.date().cast(pl.String), difference).iter_rows())


def on_days(*days: str, domain: str = "city.com") -> Tables:
    return warehouse(
        {
            f"{day}.txt": document(
                entry(f"https://{domain}/{day}", f"{day}T09:00:00Z", domain=domain),
                entry(f"https://{domain}/{day}/more", f"{day}T09:00:00Z", domain=domain),
            )
            for day in days
        }
    )


def test_an_open_period_corrects_every_time_of_the_provider(set_offsets: SetOffsets) -> None:
    set_offsets("city.com,,,-8,writes Pacific time")
    tables = on_days("1999-12-31", "2021-03-04")
    assert hours_added(tables) == hours_added(tables, "related_links") == {"1999-12-31": 8, "2021-03-04": 8}
    assert rows(tables["articles"].sort("published_at"), "published_at")[-1].hour == 17
    assert rows(tables["story_articles"], "published_at")[0].hour == 17


def test_a_closed_period_corrects_its_first_and_last_day_and_no_other(set_offsets: SetOffsets) -> None:
    set_offsets("city.com,2021-03-04,2021-03-06,-7.5,wrong for three days")
    tables = on_days("2021-03-03", "2021-03-04", "2021-03-06", "2021-03-07")
    assert hours_added(tables) == {"2021-03-03": 0, "2021-03-04": 7.5, "2021-03-06": 7.5, "2021-03-07": 0}


def test_half_open_periods_meet_without_gap_or_overlap(set_offsets: SetOffsets) -> None:
    set_offsets("city.com,,2021-03-13,-8,winter", "city.com,2021-03-14,,-7,summer")
    assert hours_added(on_days("2021-03-13", "2021-03-14")) == {"2021-03-13": 8, "2021-03-14": 7}


def test_other_providers_keep_their_times(set_offsets: SetOffsets) -> None:
    set_offsets("city.com,,,-8,writes Pacific time")
    assert hours_added(on_days("2021-03-04", domain="harbor.org")) == {"2021-03-04": 0}


def test_the_corrections_that_were_applied_are_a_table(set_offsets: SetOffsets) -> None:
    set_offsets("city.com,2021-03-04,2021-03-06,-7.5,wrong for three days", "harbor.org,,,1,an hour ahead")
    tables = on_days("2021-03-04")
    assert rows(tables["clock_offsets"], *tables["clock_offsets"].columns) == [
        ("city.com", date(2021, 3, 4), date(2021, 3, 6), -7.5, "wrong for three days"),
        ("harbor.org", None, None, 1.0, "an hour ahead"),
    ]


def test_a_corrected_clock_gives_no_evidence_any_more(set_offsets: SetOffsets) -> None:
    documents = {"2021-03-05.txt": document(entry("https://city.com/a", "2021-03-04T20:00:00Z", domain="city.com"))}
    assert evidence(warehouse(documents)) == [("file_name", -8)]
    set_offsets("city.com,,,-8,writes Pacific time")
    assert evidence(warehouse(documents)) == []


# Dates in addresses ---------------------------------------------------------------------------------------------------


def dated(path: str, at: str) -> list[float]:
    """Hours of evidence of an article at this path, published at this time."""
    found = warehouse({"a.txt": document(entry(f"https://example.com{path}", at))})
    return rows(found["clock_evidence"].filter(kind="address_date"), "offset_hours")


@pytest.mark.parametrize(
    "path",
    [
        "/2016/03/01/slug",
        "/news/2016-03-01-slug",
        "/slug-2016-03-01.html",
        "/20160301/slug",
        "/2016/3/1/123/slug",
        "/world/2016/mar/01/slug",
        "/world/2016/Mar/1/slug",
    ],
)
def test_a_day_in_an_address_is_evidence_when_it_is_more_than_two_days_off(path: str) -> None:
    assert dated(path, "2016-03-03T23:59:59Z") == []
    assert dated(path, "2016-03-04T00:00:00Z") == [72]
    assert dated(path, "2016-02-28T00:00:00Z") == []
    assert dated(path, "2016-02-27") == [-72]


@pytest.mark.parametrize("path", ["/2016/03/slug", "/2016/mar/slug", "/a/2016/03"])
def test_a_month_in_an_address_is_evidence_when_the_day_is_outside_of_it(path: str) -> None:
    assert dated(path, "2016-03-31T23:59:59Z") == []
    assert dated(path, "2016-04-02T23:59:59Z") == []
    assert dated(path, "2016-04-03T00:00:00Z") == [72]


@pytest.mark.parametrize(
    "path", ["/2016/13/01/slug", "/2016/02x/31/slug", "/2016/5/slug", "/a?day=/2016/03/01/", "/12016-03-01"]
)
def test_digits_of_an_address_that_are_no_date_are_no_evidence(path: str) -> None:
    assert dated(path, "2019-01-01T00:00:00Z") == []


def test_a_copied_file_is_evidence_once() -> None:
    tables = warehouse({f"{source}:2021-03-05.txt": document(entry(at="2021-03-04T20:00:00Z")) for source in "ab"})
    assert evidence(tables) == [("file_name", -8)]
