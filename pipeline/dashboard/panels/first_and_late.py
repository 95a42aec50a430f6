"""The page of time: who was first, how late the others are, and who leads whom."""

from __future__ import annotations

from pipeline.dashboard import charts
from pipeline.dashboard.panel import UNIT, Column, Page, Panel, rate
from pipeline.dashboard.selection import Completed, sql_of


def _lag_bins(selection: Completed) -> str:
    kept = selection.where(provider="provider_id = provider_named({})", publisher="publisher_id = publisher_named({})")
    return f"""(
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
        {kept}
    )

    select
        bins.place, bins.lag,
        count(lags.lag_minutes) as article_count,
        count(*) filter (where lags.is_clock_safe) as clock_safe_count
    from bins
    left join lags on lags.lag_minutes >= bins.low_minutes and lags.lag_minutes < bins.high_minutes
    where exists (from lags)
    group by bins.place, bins.lag
)
"""


def _leads(selection: Completed) -> str:
    kept = selection.where(provider="domain_named({}) in (provider_domain_a, provider_domain_b)")
    return f"{selection.call('lead_lag_for')}\n{kept}"


def _of_leader(is_a: str, is_b: str) -> str:
    """What is so of the one of a pair who is more often first."""
    return f"if(a_first_probability >= 0.5, {is_a}, {is_b})"


FIRST_AND_LATE = Page(
    "First and late",
    "Who was first, how late the others are, and who leads whom.",
    (
        Panel(
            "first_movers",
            "Who is first",
            ("first_mover_for",),
            lambda selection: selection.call("first_mover_for"),
            (
                UNIT,
                Column("story_count", "Stories", "count"),
                Column("first_credit", "First in", "decimal"),
                *rate("first_rate", "Rate"),
                Column("clock_safe_credit", "Clock-safe", "decimal"),
                Column("clock_safe_story_count", "Of", "count"),
            ),
            "Nobody has so many stories that others cover, too; lower the minimum.",
            order="story_count desc, unit",
            limit=20,
            chart=charts.first_rates,
            note="Of the stories that two or more cover; who shares the first minute shares the credit.",
            is_table_closed=True,
        ),
        Panel(
            "shifted",
            "And if a clock were wrong?",
            ("first_mover_if_shifted",),
            lambda selection: selection.call("first_mover_if_shifted", sql_of(selection.host), f"{selection.hours:g}"),
            (
                Column("provider_name", "Host"),
                Column("story_count", "Stories", "count"),
                Column("first_rate", "As written", "percent"),
                *rate("shifted_first_rate", "Shifted"),
            ),
            "No story of this selection has two hosts with a time.",
            order="story_count desc, provider_domain",
            limit=12,
            chart=charts.shifted_rates,
            about="host",
            is_table_closed=True,
        ),
        Panel(
            "lags",
            "How late articles are",
            ("publication_lag", "stories_for"),
            _lag_bins,
            (
                Column("lag", "Behind the lead"),
                Column("article_count", "Articles", "count"),
                Column("clock_safe_count", "Clock-safe", "count"),
            ),
            "No article of this selection has a time that can be compared with a lead's.",
            also="place",
            order="place",
            chart=charts.lag_bins,
            note="Minutes from the lead of a story to each of its other articles; those before it were faster than the "
            "lead.",
            is_table_closed=True,
        ),
        Panel(
            "lags_by_unit",
            "How late each is",
            ("publication_lag_by_provider_for",),
            lambda selection: selection.call("publication_lag_by_provider_for"),
            (
                UNIT,
                Column("lag_count", "Articles", "count"),
                Column("p25_lag_minutes", "A quarter by", "minutes"),
                Column("median_lag_minutes", "Half by", "minutes"),
                Column("p75_lag_minutes", "Three quarters by", "minutes"),
                *rate("ahead_share", "Ahead of the lead"),
            ),
            "Nobody has so many articles with a known lag; lower the minimum.",
            order="lag_count desc, unit",
            limit=20,
            chart=charts.lags_by_unit,
            note="Dots are medians, lines reach from the first to the third quarter.",
            is_table_closed=True,
        ),
        Panel(
            "leads",
            "Who leads whom",
            ("lead_lag_for",),
            _leads,
            (
                Column("leader", "Leader", value=_of_leader("provider_domain_a", "provider_domain_b")),
                Column("follower", "Follower", value=_of_leader("provider_domain_b", "provider_domain_a")),
                Column("story_count", "Common stories", "count"),
                Column("leader_first_count", "Leader first", "count", "greatest(a_first_count, b_first_count)"),
                Column("tie_count", "At once", "count"),
                Column("probability", "How often", "percent", "greatest(a_first_probability, 1 - a_first_probability)"),
                Column(
                    "probability_low",
                    "from",
                    "percent",
                    _of_leader("a_first_probability_low", "1 - a_first_probability_high"),
                ),
                Column(
                    "probability_high",
                    "to",
                    "percent",
                    _of_leader("a_first_probability_high", "1 - a_first_probability_low"),
                ),
                Column(
                    "median_lead_minutes",
                    "Median lead",
                    "minutes",
                    _of_leader("median_lead_minutes", "-median_lead_minutes"),
                ),
            ),
            "No two hosts share so many stories; lower the minimum.",
            order="story_count desc, leader, follower",
            limit=20,
            chart=charts.leads,
            note="Where the line crosses the middle, either may lead.",
            is_table_closed=True,
            is_wide=True,
        ),
        Panel(
            "influence",
            "Whose stories the others pick up",
            ("influence",),
            lambda selection: selection.call("influence"),
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
            is_wide=True,
        ),
    ),
)
