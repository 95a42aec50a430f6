"""The panels on real warehouses: every one answers, says what narrows it, and shows the figures of the warehouse."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.dashboard.asking import Asker
from pipeline.dashboard.panel import Panel
from pipeline.dashboard.panels import PANELS
from pipeline.dashboard.selection import Completed, Selection
from pipeline.errors import QueryError
from pipeline.fingerprints import code_fingerprint
from pipeline.warehouse.asking import Access, open_database
from pipeline.warehouse.snapshots import Snapshot
from pipeline.warehouse.sql_files import all_queries

BY_NAME = {panel.name: panel for panel in PANELS}
#: Every filter at once, such that something is left.
NARROW = Selection(
    source="corpus",
    topic="Travel",
    query="a or the or to or with or of",
    from_date=date(2017, 6, 1),
    to_date=date(2022, 12, 31),
    provider="youtube.com",
    publisher="Daily Plays",
    counted_by="publisher",
    time_zone="Asia/Kolkata",
    hours=3.5,
    story="Everline",
)

Answer = tuple[Completed, dict[str, pl.DataFrame]]


def answered(asker: Asker, selection: Selection) -> Answer:
    completed = asker.completed(selection, PANELS)
    return completed, {panel.name: panel.answer(asker.ask, completed) for panel in PANELS}


@pytest.fixture(scope="module")
def generated(generated_snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    # A copy: what is open in a process shares its locks with all that the tests of other modules open there.
    file = Path(shutil.copy(generated_snapshot.database, tmp_path_factory.mktemp("panels")))
    with open_database(file, Access(safe=True)) as connection:
        yield Asker(connection, generated_snapshot.record.code)


@pytest.fixture(scope="module")
def whole(generated: Asker) -> Answer:
    return answered(generated, Selection())


@pytest.fixture(scope="module")
def narrow(generated: Asker) -> Answer:
    return answered(generated, NARROW)


@pytest.fixture(scope="module")
def seed(seed_snapshot: Snapshot) -> Answer:
    with open_database(seed_snapshot.database, Access(safe=True)) as connection:
        return answered(Asker(connection, seed_snapshot.record.code), Selection())


def check(panel: Panel, frame: pl.DataFrame) -> None:
    assert {column.name for column in panel.columns} <= set(frame.columns)
    if panel.chart is not None and not frame.is_empty():
        chart = panel.chart(frame).to_dict()
        assert chart["description"] and chart["width"] == "container", "a chart is described and as wide as its place"


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_a_panel_answers_for_one_document_for_many_and_with_every_filter(
    panel: Panel, seed: Answer, whole: Answer, narrow: Answer
) -> None:
    for _, frames in (seed, whole, narrow):
        check(panel, frames[panel.name])
    if panel.name != "rejected":  # The made-up documents can all be read.
        assert not whole[1][panel.name].is_empty()


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_a_panel_has_definitions_and_its_words(panel: Panel) -> None:
    assert all(all_queries()[name].text("definition") or all_queries()[name].text("grain") for name in panel.metrics)
    assert panel.empty.endswith(".")


@pytest.mark.parametrize("name", ["source", "topic", "query", "from_date", "provider", "publisher"])
def test_each_filter_narrows_the_panels_whose_macros_know_it(name: str, narrow: Answer) -> None:
    completed, _ = narrow
    ignoring = {panel.name for panel in PANELS if not completed.is_narrowed_by(name, panel.sql)}
    of_all = {"naive", "findings", "clocks"}
    one_publisher = {*("headline", "attention", "bursts", "stories", "lags", "missed", "platforms", "rhythm", "topics")}
    one_host = one_publisher | {"shifted", "leads", "gaps", "copies"}
    expected = {
        "source": of_all | {"timeline"},
        "topic": of_all | {"timeline", "rejected", "topics"},
        "query": of_all | {"timeline", "rejected"},
        "from_date": of_all | {"timeline", "rejected"},
        "provider": {panel.name for panel in PANELS} - one_host,
        "publisher": {panel.name for panel in PANELS} - one_publisher,
    }
    assert ignoring == expected[name]


def test_filters_change_the_figures(whole: Answer, narrow: Answer) -> None:
    unchanged = {name for name, frame in whole[1].items() if frame.equals(narrow[1][name])}
    assert unchanged == {"naive", "findings", "clocks", "rejected"}


def test_few_stories_have_no_minimum_and_many_have_the_macros(seed: Answer, whole: Answer) -> None:
    assert seed[0].minimum_count == 1
    assert whole[0].minimum_count is None
    assert seed[1]["share"].height == 18


def test_periods_fit_the_span(seed: Answer, whole: Answer) -> None:
    assert (seed[0].grain, seed[0].rank_grain) == ("hour", "day")
    assert (whole[0].grain, whole[0].rank_grain) == ("week", "year")
    assert whole[1]["attention"].height < 500


@pytest.mark.parametrize("grain", ["hour", "day", "week", "month", "year"])
def test_bursts_are_marked_in_their_period_however_long_it_is(grain: str, whole: Answer, generated: Asker) -> None:
    completed = replace(whole[0], grain=grain)
    attention = BY_NAME["attention"].answer(generated.ask, completed)
    assert attention["period_start"].is_unique().all()
    bursts = whole[1]["bursts"]
    assert bursts.height
    periods = generated.ask(
        f"select count(distinct period_started(week_start, week_start, '{grain}', 'UTC')) from bursts"
    )
    assert attention["burst_week"].count() == periods.item()
    assert attention["z_score"].max() == bursts["z_score"].max()


def test_an_empty_selection_answers_with_nothing(generated: Asker) -> None:
    nothing = generated.completed(Selection(query="zzzz"), PANELS)
    assert (nothing.story, nothing.host) == (None, None)
    for name in ("share", "stories", "timeline", "missed", "gaps", "lags", "shifted"):
        assert BY_NAME[name].answer(generated.ask, nothing).is_empty(), name
    headline = BY_NAME["headline"].answer(generated.ask, nothing).to_dicts()
    assert headline[0]["article_count"] == 0 and headline[0]["unit_count"] is None


#: Figures of panels against SQL that asks the tables themselves.
BESIDE: dict[str, tuple[Callable[[pl.DataFrame], object], str]] = {
    "headline": (
        lambda frame: frame.row(0)[:3],
        "select (select count(*) from articles), (select count(*) from stories), count(distinct provider_id) "
        "from articles",
    ),
    "attention": (
        lambda frame: (frame["article_count"].sum(), frame["article_count"].max()),
        "select sum(n), max(n) from (select count(*) as n from articles where published_date is not null "
        "group by date_trunc('week', published_date))",
    ),
    "share": (
        lambda frame: frame.row(0)[1:4],
        "select count(*), (select count(*) from articles), count(*) / (select count(*) from articles) from articles "
        "group by provider_id order by 1 desc limit 1",
    ),
    "ranks": (
        lambda frame: frame.filter(pl.col("period_start") == date(2019, 1, 1), pl.col("rank") == 1)["unit"].item(),
        "select domain from articles join providers using (provider_id) where year(published_date) = 2019 "
        "group by domain order by count(*) desc limit 1",
    ),
    "stories": (
        lambda frame: frame["article_count"].sum(),
        "select sum(n) from (select count(*) as n from story_articles group by story_id order by n desc limit 50)",
    ),
    "timeline": (
        lambda frame: (frame.height, frame["published_at"].min()),
        "select count(*), min(published_at) from story_articles "
        "where story_id = (select story_id from top_stories limit 1)",
    ),
    "first_movers": (
        lambda frame: frame.sort("first_credit").row(-1)[1:3],
        "with entered as (select story_id, provider_id, min(published_at) as entered_at from story_articles "
        "where published_at is not null group by all), "
        "placed as (select *, entered_at = min(entered_at) over (partition by story_id) as is_first, "
        "count(*) over (partition by story_id) as provider_count from entered), "
        "credited as (select *, if(is_first, 1 / count_if(is_first) over (partition by story_id), 0) as credit "
        "from placed where provider_count > 1) "
        "select count(*), sum(credit) from credited group by provider_id order by 2 desc limit 1",
    ),
    "lags": (
        lambda frame: (frame["article_count"].sum(), frame.filter(pl.col("place") <= 5)["article_count"].sum()),
        "select count(*), count(*) filter (where story_articles.published_at < stories.lead_published_at) "
        "from story_articles join stories using (story_id) where membership <> 'lead' "
        "and story_articles.published_at is not null and stories.lead_published_at is not null",
    ),
    "missed": (
        lambda frame: (frame.height, frame["provider_count"].max()),
        "select count(*), max(n) from (select count(distinct provider_id) as n from story_articles "
        "group by story_id having n >= 5 and count_if(provider_id = provider_named('youtube.com')) = 0 "
        "order by n desc limit 30)",
    ),
    "rhythm": (
        lambda frame: (frame["article_count"].sum(), frame["article_count"].max()),
        "select sum(n), max(n) from (select count(*) as n from articles where published_at is not null "
        "group by dayofweek(published_at), hour(published_at))",
    ),
    "topics": (
        lambda frame: frame.row(0)[:2],
        "select name, count(*) from document_topics join topics using (topic_id) group by name order by 2 desc limit 1",
    ),
    "naive": (
        lambda frame: [
            frame.filter(pl.col("metric") == metric)["correct_value"].item()
            for metric in ("articles", "stories", "publishers")
        ],
        "select count(*), (select count(*) from stories), (select count(*) from publishers) from articles",
    ),
}


@pytest.mark.parametrize("name", BESIDE)
def test_the_figures_of_a_panel_equal_sql_run_beside(name: str, whole: Answer, generated: Asker) -> None:
    shown, beside = BESIDE[name]
    expected = generated.ask(beside).row(0)
    found = shown(whole[1][name])
    assert (list(found) if isinstance(found, tuple | list) else [found]) == list(expected)


def test_a_publisher_is_looked_at_on_whatever_host(generated: Asker) -> None:
    completed = generated.completed(Selection(publisher="daily plays"), PANELS)
    missed = BY_NAME["missed"]
    assert missed.subject(completed) == "daily plays"
    assert missed.subject(replace(completed, provider="youtube.com")) == "daily plays on youtube.com"
    wrote = (
        "(select distinct story_id from story_articles join publishers using (publisher_id) where name = 'Daily Plays')"
    )
    expected = f"select count(*) from stories where provider_count >= 5 and story_id not in {wrote}"
    missing = generated.ask(f"from {completed.call('missed_stories_for', provider='null')}")
    assert missed.answer(generated.ask, completed).height == min(missing.height, 30)
    assert missing.height == generated.ask(expected).item()
    stories = BY_NAME["stories"].answer(generated.ask, completed)
    assert (
        stories["article_count"].max()
        == generated.ask(f"select max(article_count) from stories where story_id in {wrote}").item()
    )
    headline = BY_NAME["headline"].answer(generated.ask, completed).row(0, named=True)
    assert headline["story_count"] == generated.ask(f"select count(*) from {wrote}").item()
    assert (headline["article_count"], headline["unit_count"]) == generated.ask(
        "select count(*), count(distinct provider_id) from articles join publishers using (publisher_id) "
        "where publishers.name = 'Daily Plays'"
    ).row(0)
    assert BY_NAME["platforms"].answer(generated.ask, completed)["publisher_name"].unique().to_list() == ["Daily Plays"]


def test_a_name_that_is_nowhere_is_an_error_that_names_the_nearest(generated: Asker) -> None:
    with pytest.raises(QueryError, match="Travel"):
        generated.completed(replace(NARROW, topic="Travle"), PANELS)


def test_a_snapshot_of_another_version_is_told_in_a_sentence() -> None:
    with duckdb.connect() as without_tables:
        with pytest.raises(QueryError, match=r"^this snapshot was built by another version"):
            Asker(without_tables, "other code").completed(Selection(), PANELS)
        with pytest.raises(QueryError, match="articles_for"):
            Asker(without_tables, code_fingerprint()).completed(Selection(), PANELS)


def test_an_answer_is_asked_for_once(generated: Asker) -> None:
    query = "select random() as chance"
    assert not generated.knows(query)
    assert generated.ask(query).equals(generated.ask(query))
    assert generated.knows(query)
