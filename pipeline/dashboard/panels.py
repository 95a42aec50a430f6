"""The panels of the dashboard and the report, in their order: which view or macro answers, in which words, drawn how.

Every figure is one of the warehouse: a panel is a SELECT over macros and views, chooses among their columns and rows,
gives numbers their unit, and computes nothing else. Its answer is what is drawn, shown as a table and given as CSV.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import duckdb
import polars as pl

from pipeline.dashboard import charts
from pipeline.dashboard.selection import Completed, sql_of

Kind = Literal[
    "text", "code", "path", "link", "story", "time", "date", "yes", "count", "signed", "decimal", "percent", "minutes"
]

#: The pages in their order, with what each is about.
PAGES = {
    "Overview": "What there is, when it came, and whose it is.",
    "Stories": "The largest stories, and how one of them unfolded.",
    "First and late": "Who was first, how late the others are, and who leads whom.",
    "Blind spots": "What a host did not cover.",
    "Copies": "Who wrote what platforms carry, and what appears twice.",
    "Rhythm and topics": "At which hours it appears, and what it is about.",
    "Trust": "What counting rows gets wrong, and what is odd about the documents.",
}


@dataclass(frozen=True)
class Column:
    """A column of a panel's table: its name in the answer, what it is called there, and how its values are written.

    A `path` may be broken anywhere, a `code` is shown in words. A `link` is a title that leads to the address in the
    column `url`; a `story` leads to the timeline of the story.
    """

    name: str
    label: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Panel:
    """One question. `metrics` are the views and macros whose definitions it shows; `sql` is the whole query for a
    completed selection; `empty` is what is said instead of an empty answer.

    `is_slow` is computed on request where there are many documents. `is_about_host` looks at one host. `is_wide` takes
    the whole width. `note` says in a sentence how to read the chart, `gesture` what one can do with it on the page.
    """

    name: str
    page: str
    title: str
    metrics: tuple[str, ...]
    sql: Callable[[Completed], str]
    columns: tuple[Column, ...]
    empty: str
    chart: Callable[[pl.DataFrame], charts.Drawn] | None = None
    note: str = ""
    gesture: str = ""
    is_slow: bool = False
    is_about_host: bool = False
    is_wide: bool = False
    #: A column whose first value stands below the title.
    subtitle: str | None = None
    #: The chart says it all; the table is opened by who wants it.
    is_table_closed: bool = False

    def answer(self, connection: duckdb.DuckDBPyConnection, selection: Completed) -> pl.DataFrame:
        """What is drawn, shown and given as CSV. Raises `duckdb.Error`."""
        if self.is_about_host and selection.host is None:
            return pl.DataFrame()
        return connection.sql(self.sql(selection)).pl()


#: SQL for the name of a host or publisher, with its domain where two have one name.
_NAME = "coalesce(provider_name, publisher_name)"
_UNIT = (
    f"if(count(*) over (partition by {_NAME}) > 1 or {_NAME} is null, "
    f"concat_ws(' · ', {_NAME}, coalesce(provider_domain, publisher_key, '(unknown)')), {_NAME})"
)


def _headline(selection: Completed) -> str:
    lags = selection.call("publication_lag_summary_for")
    return f"""
select
    (select count(*) from {selection.call("articles_for")}) as article_count,
    (select count(*) from {selection.call("stories_for")}) as story_count,
    concentration.unit_count, concentration.effective_number, concentration.hhi, concentration.total_count,
    lags.median_lag_minutes, lags.lag_count
from (from {lags} where scope = 'stories') as lags
left join (
    from {selection.call("concentration_for")}
    where counted_by = '{selection.counted_by}' and population = 'articles'
) as concentration on true
"""


def _attention(selection: Completed) -> str:
    grain = f"'{selection.grain}'"
    return f"""
select
    periods.period_start, periods.article_count, periods.total_article_count, bursts.z_score, bursts.baseline_mean,
    bursts.article_count as burst_article_count, bursts.title as burst_title
from {selection.call("coverage_over_time", grain)} as periods
left join {selection.call("bursts_for", minimum_count="5")} as bursts on periods.period_start = bursts.week_start
order by periods.period_start
"""


def _bursts(selection: Completed) -> str:
    return f"""
select week_start, article_count, baseline_mean, z_score, title, url, story_id
from {selection.call("bursts_for", minimum_count="5")}
order by z_score desc, week_start
limit 12
"""


def _share(selection: Completed) -> str:
    return f"""
select {_UNIT} as unit, article_count, total_article_count, share, share_low, share_high
from {selection.call("share_of_voice_for")}
order by article_count desc, unit
limit 20
"""


def _ranks(selection: Completed) -> str:
    grain = f"'{selection.rank_grain}'"
    return f"""
select period_start, unit, article_count, total_article_count, share, share_low, share_high, rank, rank_change
from {selection.call("share_over_time", grain=grain, top="8")}
where unit <> 'others'
"""


def _stories(selection: Completed) -> str:
    return f"""
select
    published_at, title, url, lead_provider_name, article_count, provider_count, first_mover_name, margin_minutes,
    is_clock_safe, lifespan_minutes, source_name, story_id
from {selection.call("top_stories_for")}
limit 50
"""


def _timeline(selection: Completed) -> str:
    return f"""
select
    published_at, minutes_after_first, provider_name, title, url, membership, reason, path, line, story_title,
    other_stories
from story_timeline({sql_of(selection.story)})
"""


def _first_movers(selection: Completed) -> str:
    return f"""
select
    {_UNIT} as unit, story_count, first_credit, first_rate, first_rate_low, first_rate_high, clock_safe_credit,
    clock_safe_story_count
from {selection.call("first_mover_for")}
order by story_count desc, unit
limit 20
"""


def _shifted(selection: Completed) -> str:
    return f"""
select
    provider_name, provider_domain, story_count, first_rate, shifted_first_rate, shifted_first_rate_low,
    shifted_first_rate_high
from {selection.call("first_mover_if_shifted", sql_of(selection.host), f"{selection.hours:g}")}
order by story_count desc, provider_domain
limit 12
"""


def _lag_bins(selection: Completed) -> str:
    provider = "" if selection.provider is None else f"where provider_id = provider_named({sql_of(selection.provider)})"
    return f"""
with
bins(place, lag, low_minutes, high_minutes) as (
    values
    (1, 'over a week before', -1e18, -10080), (2, '1–7 days before', -10080, -1440),
    (3, '6–24 hours before', -1440, -360), (4, '1–6 hours before', -360, -60), (5, 'up to 1 hour before', -60, 0),
    (6, 'up to 1 hour after', 0, 60), (7, '1–6 hours after', 60, 360), (8, '6–24 hours after', 360, 1440),
    (9, '1–7 days after', 1440, 10080), (10, 'over a week after', 10080, 1e18)
),

lags as (
    select lag_minutes, is_clock_safe
    from publication_lag
    semi join {selection.call("stories_for")} as chosen using (story_id)
    {provider}
)

select
    bins.place, bins.lag,
    count(lags.lag_minutes) as article_count,
    count(*) filter (where lags.is_clock_safe) as clock_safe_count
from bins
left join lags on lags.lag_minutes >= bins.low_minutes and lags.lag_minutes < bins.high_minutes
where exists (from lags)
group by bins.place, bins.lag
order by bins.place
"""


def _lags_by_unit(selection: Completed) -> str:
    return f"""
select
    {_UNIT} as unit, lag_count, p25_lag_minutes, median_lag_minutes, p75_lag_minutes, ahead_share, ahead_share_low,
    ahead_share_high
from {selection.call("publication_lag_by_provider_for")}
order by lag_count desc, unit
limit 20
"""


def _leads(selection: Completed) -> str:
    return f"""
select
    if(a_first_probability >= 0.5, provider_domain_a, provider_domain_b) as leader,
    if(a_first_probability >= 0.5, provider_domain_b, provider_domain_a) as follower,
    story_count,
    greatest(a_first_count, b_first_count) as leader_first_count, tie_count,
    greatest(a_first_probability, 1 - a_first_probability) as leader_first_probability,
    if(a_first_probability >= 0.5, a_first_probability_low, 1 - a_first_probability_high) as probability_low,
    if(a_first_probability >= 0.5, a_first_probability_high, 1 - a_first_probability_low) as probability_high,
    if(a_first_probability >= 0.5, median_lead_minutes, -median_lead_minutes) as median_lead_minutes
from {selection.call("lead_lag_for")}
order by story_count desc, leader, follower
limit 20
"""


def _influence(selection: Completed) -> str:
    return f"""
select rank, unit, influence_score, rank_low, rank_high, story_count
from {selection.call("influence")}
"""


def _missed(selection: Completed) -> str:
    return f"""
select published_at, title, url, lead_provider_name, article_count, provider_count, first_mover_name, story_id
from {selection.call("missed_stories_for", provider=sql_of(selection.host))}
limit 30
"""


def _gaps(selection: Completed) -> str:
    return f"""
select topic, provider_name, story_count, topic_story_count, reach, reach_low, reach_high, overall_reach
from {selection.call("coverage_gap_for")}
where provider_domain = domain_named({sql_of(selection.host)})
limit 20
"""


def _platforms(selection: Completed) -> str:
    return f"""
select
    provider_name as host_name, publisher_name, article_count, total_article_count, share, share_low, share_high,
    original_count, median_delay_minutes
from {selection.call("platform_articles_for")}
order by article_count desc, host_name, publisher_name
limit 25
"""


def _copies(selection: Completed) -> str:
    return f"""
select
    published_at, title, url, provider_name as copied_by, original_provider_name as original_by, delay_minutes,
    original_url
from {selection.call("syndicated_articles_for")}
order by published_at desc nulls last, url
limit 30
"""


def _rhythm(selection: Completed) -> str:
    return f"""
select weekday, hour, article_count, {sql_of(selection.time_zone)} as time_zone
from {selection.call("posting_rhythm_for", time_zone=sql_of(selection.time_zone))}
"""


def _topics(selection: Completed) -> str:
    return f"""
select topic, document_count, fractional_document_count, total_document_count, share, share_low, share_high
from {selection.call("topic_share_for")}
limit 20
"""


def _topic_leaders(selection: Completed) -> str:
    return f"""
select topic, provider_name, article_count, total_article_count, share, share_low, share_high
from {selection.call("topic_provider_share_for")}
qualify row_number() over (partition by topic_id order by article_count desc, provider_domain) <= 3
order by total_article_count desc, topic, article_count desc, provider_domain
limit 30
"""


def _of_source(selection: Completed) -> str:
    return "" if selection.source is None else f"where source_name = source_named({sql_of(selection.source)})"


def _rejected(selection: Completed) -> str:
    return f"""
select reason, path, line, detail, source_name
from rejected_documents
{_of_source(selection)}
order by source_name, path
limit 50
"""


_PUBLISHED = Column("published_at", "Published (UTC)", "time")
_STORY = Column("title", "Story", "link")
_TIMELINE = Column("story_id", "Timeline", "story")

PANELS = (
    Panel(
        "headline",
        "Overview",
        "In figures",
        ("articles_for", "stories_for", "concentration_for", "publication_lag_summary_for"),
        _headline,
        (
            Column("article_count", "articles", "count"),
            Column("story_count", "stories", "count"),
            Column("unit_count", "hosts or publishers", "count"),
            Column("effective_number", "effective number of them", "decimal"),
            Column("hhi", "concentration (HHI)", "decimal"),
            Column("total_count", "articles in it", "count"),
            Column("median_lag_minutes", "median lag", "minutes"),
            Column("lag_count", "lags", "count"),
        ),
        "Nothing is selected.",
        is_wide=True,
    ),
    Panel(
        "attention",
        "Overview",
        "Attention over time",
        ("coverage_over_time", "bursts_for"),
        _attention,
        (
            Column("period_start", "From", "time"),
            Column("article_count", "Articles", "count"),
            Column("total_article_count", "Of all", "count"),
            Column("z_score", "Burst (z)", "decimal"),
            Column("baseline_mean", "Usual", "decimal"),
        ),
        "No article of this selection has a day.",
        charts.attention,
        "Orange marks are bursts, weeks far above the eight weeks before.",
        gesture="Drag across the chart to choose a period.",
        is_table_closed=True,
        is_wide=True,
    ),
    Panel(
        "bursts",
        "Overview",
        "The greatest bursts",
        ("bursts_for",),
        _bursts,
        (
            Column("week_start", "Week from", "date"),
            Column("title", "Its largest story", "link"),
            Column("article_count", "Articles", "count"),
            Column("baseline_mean", "Usual", "decimal"),
            Column("z_score", "z", "decimal"),
            _TIMELINE,
        ),
        "No week stands out from the eight weeks before it.",
        note="z counts standard deviations above the mean of the eight weeks before.",
        is_wide=True,
    ),
    Panel(
        "share",
        "Overview",
        "Share of voice",
        ("share_of_voice_for",),
        _share,
        (
            Column("unit", "Who"),
            Column("article_count", "Articles", "count"),
            Column("total_article_count", "Of", "count"),
            Column("share", "Share", "percent"),
            Column("share_low", "from", "percent"),
            Column("share_high", "to", "percent"),
        ),
        "Nobody has so many articles in this selection; lower the minimum.",
        charts.shares,
        "Each article counts once. Lines are 95 % intervals: where they overlap, the order may be chance.",
        is_table_closed=True,
    ),
    Panel(
        "ranks",
        "Overview",
        "Change of rank",
        ("share_over_time",),
        _ranks,
        (
            Column("period_start", "From", "date"),
            Column("unit", "Who"),
            Column("article_count", "Articles", "count"),
            Column("share", "Share", "percent"),
            Column("rank", "Rank", "count"),
            Column("rank_change", "Places won", "signed"),
        ),
        "No article of this selection has a day.",
        charts.ranks,
        "The eight largest of the whole selection, by their place in each period. 1 has most articles.",
        is_table_closed=True,
    ),
    Panel(
        "stories",
        "Stories",
        "The largest stories",
        ("top_stories_for",),
        _stories,
        (
            _PUBLISHED,
            _STORY,
            Column("lead_provider_name", "Lead"),
            Column("article_count", "Articles", "count"),
            Column("provider_count", "Hosts", "count"),
            Column("first_mover_name", "First"),
            Column("margin_minutes", "Ahead by", "minutes"),
            Column("is_clock_safe", "Clock-safe", "yes"),
            _TIMELINE,
        ),
        "No story fits this selection.",
        note="Clock-safe: who was first would stay so if its clock were off by eight hours.",
        is_wide=True,
    ),
    Panel(
        "timeline",
        "Stories",
        "How one story unfolded",
        ("story_timeline",),
        _timeline,
        (
            _PUBLISHED,
            Column("minutes_after_first", "After the first", "minutes"),
            Column("provider_name", "Host"),
            Column("title", "Article", "link"),
            Column("reason", "Why it is in the story", "path"),
            Column("path", "Document", "path"),
            Column("line", "Line", "count"),
        ),
        "No story fits this selection.",
        charts.timeline,
        subtitle="story_title",
        is_wide=True,
    ),
    Panel(
        "first_movers",
        "First and late",
        "Who is first",
        ("first_mover_for",),
        _first_movers,
        (
            Column("unit", "Who"),
            Column("story_count", "Stories", "count"),
            Column("first_credit", "First in", "decimal"),
            Column("first_rate", "Rate", "percent"),
            Column("first_rate_low", "from", "percent"),
            Column("first_rate_high", "to", "percent"),
            Column("clock_safe_credit", "Clock-safe", "decimal"),
            Column("clock_safe_story_count", "Of", "count"),
        ),
        "Nobody has so many stories that others cover, too; lower the minimum.",
        charts.first_rates,
        "Of the stories that two or more cover; who shares the first minute shares the credit.",
        is_table_closed=True,
    ),
    Panel(
        "shifted",
        "First and late",
        "And if a clock were wrong?",
        ("first_mover_if_shifted",),
        _shifted,
        (
            Column("provider_name", "Host"),
            Column("story_count", "Stories", "count"),
            Column("first_rate", "As written", "percent"),
            Column("shifted_first_rate", "Shifted", "percent"),
            Column("shifted_first_rate_low", "from", "percent"),
            Column("shifted_first_rate_high", "to", "percent"),
        ),
        "No story of this selection has two hosts with a time.",
        charts.shifted_rates,
        is_table_closed=True,
        is_about_host=True,
    ),
    Panel(
        "lags",
        "First and late",
        "How late articles are",
        ("publication_lag", "stories_for"),
        _lag_bins,
        (
            Column("lag", "Behind the lead"),
            Column("article_count", "Articles", "count"),
            Column("clock_safe_count", "Clock-safe", "count"),
        ),
        "No article of this selection has a time that can be compared with a lead's.",
        charts.lag_bins,
        "Minutes from the lead of a story to each of its other articles; those before it were faster than the lead.",
        is_table_closed=True,
    ),
    Panel(
        "lags_by_unit",
        "First and late",
        "How late each is",
        ("publication_lag_by_provider_for",),
        _lags_by_unit,
        (
            Column("unit", "Who"),
            Column("lag_count", "Articles", "count"),
            Column("p25_lag_minutes", "A quarter by", "minutes"),
            Column("median_lag_minutes", "Half by", "minutes"),
            Column("p75_lag_minutes", "Three quarters by", "minutes"),
            Column("ahead_share", "Ahead of the lead", "percent"),
            Column("ahead_share_low", "from", "percent"),
            Column("ahead_share_high", "to", "percent"),
        ),
        "Nobody has so many articles with a known lag; lower the minimum.",
        charts.lags_by_unit,
        "Dots are medians, lines reach from the first to the third quarter.",
        is_table_closed=True,
    ),
    Panel(
        "leads",
        "First and late",
        "Who leads whom",
        ("lead_lag_for",),
        _leads,
        (
            Column("leader", "Leader"),
            Column("follower", "Follower"),
            Column("story_count", "Common stories", "count"),
            Column("leader_first_count", "Leader first", "count"),
            Column("tie_count", "At once", "count"),
            Column("leader_first_probability", "How often", "percent"),
            Column("probability_low", "from", "percent"),
            Column("probability_high", "to", "percent"),
            Column("median_lead_minutes", "Median lead", "minutes"),
        ),
        "No two hosts share so many stories; lower the minimum.",
        charts.leads,
        "Where the line crosses the middle, either may lead.",
        is_table_closed=True,
    ),
    Panel(
        "influence",
        "First and late",
        "Whose stories the others pick up",
        ("influence",),
        _influence,
        (
            Column("rank", "Rank", "count"),
            Column("unit", "Who"),
            Column("influence_score", "Score", "decimal"),
            Column("rank_low", "Best rank", "count"),
            Column("rank_high", "Worst rank", "count"),
            Column("story_count", "Stories", "count"),
        ),
        "No two of them share so many stories within a day; lower the minimum.",
        note="A rank that the samples do not agree on is left empty.",
        is_slow=True,
    ),
    Panel(
        "missed",
        "Blind spots",
        "Large stories it missed",
        ("missed_stories_for",),
        _missed,
        (
            _PUBLISHED,
            _STORY,
            Column("lead_provider_name", "Lead"),
            Column("article_count", "Articles", "count"),
            Column("provider_count", "Hosts", "count"),
            Column("first_mover_name", "First"),
            _TIMELINE,
        ),
        "It missed no story that so many hosts cover.",
        is_about_host=True,
        is_wide=True,
    ),
    Panel(
        "gaps",
        "Blind spots",
        "Topics it covers less than news in general",
        ("coverage_gap_for",),
        _gaps,
        (
            Column("topic", "Topic"),
            Column("topic_story_count", "Covered", "count"),
            Column("story_count", "Stories", "count"),
            Column("reach", "Reach", "percent"),
            Column("reach_low", "from", "percent"),
            Column("reach_high", "to", "percent"),
            Column("overall_reach", "Reach of all news", "percent"),
        ),
        "No topic lies surely below its usual reach.",
        charts.gaps,
        "The tick is what it covers of all stories; a gap is where the whole line lies left of it.",
        is_table_closed=True,
        is_about_host=True,
        is_wide=True,
    ),
    Panel(
        "platforms",
        "Copies",
        "Who wrote what platforms carry",
        ("platform_articles_for",),
        _platforms,
        (
            Column("host_name", "Platform"),
            Column("publisher_name", "Written by"),
            Column("article_count", "Articles", "count"),
            Column("total_article_count", "Of", "count"),
            Column("share", "Share", "percent"),
            Column("original_count", "Original known", "count"),
            Column("median_delay_minutes", "Behind it", "minutes"),
        ),
        "No platform carries so many articles of one publisher; lower the minimum.",
        charts.platforms,
        is_table_closed=True,
        is_wide=True,
    ),
    Panel(
        "copies",
        "Copies",
        "The latest copies",
        ("syndicated_articles_for",),
        _copies,
        (
            _PUBLISHED,
            Column("title", "Article", "link"),
            Column("copied_by", "Copied by"),
            Column("original_by", "Original by"),
            Column("delay_minutes", "Later by", "minutes"),
        ),
        "No title of this selection appears on two hosts.",
        is_wide=True,
    ),
    Panel(
        "rhythm",
        "Rhythm and topics",
        "When it appears",
        ("posting_rhythm_for",),
        _rhythm,
        (
            Column("weekday", "Weekday (1 = Monday)", "count"),
            Column("hour", "Hour", "count"),
            Column("article_count", "Articles", "count"),
        ),
        "No article of this selection has a time.",
        charts.rhythm,
        is_table_closed=True,
        is_wide=True,
    ),
    Panel(
        "topics",
        "Rhythm and topics",
        "Topics",
        ("topic_share_for",),
        _topics,
        (
            Column("topic", "Topic"),
            Column("document_count", "Documents", "count"),
            Column("total_document_count", "Of", "count"),
            Column("share", "Share", "percent"),
            Column("share_low", "from", "percent"),
            Column("share_high", "to", "percent"),
        ),
        "No topic has so many documents; lower the minimum.",
        charts.topics,
        "A document with several topics gives each its part, so that shares sum to one.",
        is_table_closed=True,
    ),
    Panel(
        "topic_leaders",
        "Rhythm and topics",
        "Who leads each topic",
        ("topic_provider_share_for",),
        _topic_leaders,
        (
            Column("topic", "Topic"),
            Column("provider_name", "Host"),
            Column("article_count", "Articles", "count"),
            Column("total_article_count", "Of", "count"),
            Column("share", "Share", "percent"),
            Column("share_low", "from", "percent"),
            Column("share_high", "to", "percent"),
        ),
        "Nobody leads so many documents of a topic; lower the minimum.",
    ),
    Panel(
        "naive",
        "Trust",
        "What counting rows gets wrong",
        ("naive_against_correct",),
        lambda selection: "from naive_against_correct",
        (
            Column("metric", "Figure"),
            Column("naive_value", "Counted as rows", "decimal"),
            Column("correct_value", "By the rules", "decimal"),
            Column("naive_definition", "What rows count"),
            Column("correct_definition", "What the rules count"),
        ),
        "There is nothing to compare.",
        is_wide=True,
    ),
    Panel(
        "findings",
        "Trust",
        "What is odd about the documents",
        ("findings_summary",),
        lambda selection: "from findings_summary",
        (
            Column("rule", "Rule", "code"),
            Column("severity", "Severity"),
            Column("finding_count", "Findings", "count"),
            Column("document_count", "Documents", "count"),
            Column("example_detail", "For example", "path"),
            Column("example_path", "In", "path"),
        ),
        "Nothing odd was found.",
        is_wide=True,
    ),
    Panel(
        "rejected",
        "Trust",
        "Rejected documents",
        (),
        _rejected,
        (
            Column("reason", "Why", "code"),
            Column("path", "Document", "path"),
            Column("line", "Line", "count"),
            Column("detail", "What was found", "path"),
            Column("source_name", "Source"),
        ),
        "No document was rejected.",
        is_wide=True,
    ),
    Panel(
        "clocks",
        "Trust",
        "Clocks that seem to be off",
        ("clock_summary",),
        lambda selection: "from clock_summary limit 30",
        (
            Column("provider_name", "Host"),
            Column("kind", "Told by", "code"),
            Column("evidence_count", "Evidence", "count"),
            Column("article_count", "Articles", "count"),
            Column("median_offset_hours", "Hours off", "decimal"),
        ),
        "No document tells of a clock that is off.",
        is_wide=True,
    ),
)
