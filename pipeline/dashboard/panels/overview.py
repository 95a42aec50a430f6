"""The first page: what there is, when it came, and whose it is."""

from __future__ import annotations

from pipeline.dashboard import charts
from pipeline.dashboard.panel import TIMELINE, UNIT, Column, Page, Panel, rate
from pipeline.dashboard.selection import Completed


def _headline(selection: Completed) -> str:
    stories = selection.call("stories_for")
    if selection.provider or selection.publisher:
        stories += f" semi join {selection.call('stories_with')} as asked using (story_id)"
    return f"""
    (from {selection.call("publication_lag_summary_for")} where scope = 'stories') as lags
left join (
    from {selection.call("concentration_for")}
    where counted_by = '{selection.counted_by}' and population = 'articles'
) as concentration on true
cross join (select count(*) as article_count from {selection.call("articles_for")}) as articles
cross join (select count(*) as story_count from {stories}) as stories
"""


def _bursts(selection: Completed) -> str:
    return selection.call("bursts_for", minimum_count="5")


def _attention(selection: Completed) -> str:
    return f"""
    {selection.call("coverage_over_time", f"'{selection.grain}'")} as periods
left join {_bursts(selection)} as bursts
    on
        bursts.week_start >= periods.period_start
        and bursts.week_start < periods.period_start + grain_step('{selection.grain}')
qualify row_number() over (partition by period_start order by bursts.z_score desc nulls last, bursts.week_start) = 1
"""


def _ranks(selection: Completed) -> str:
    shares = selection.call("share_over_time", grain=f"'{selection.rank_grain}'", top="8")
    return f"{shares}\nwhere unit <> 'others'"


OVERVIEW = Page(
    "Overview",
    "What there is, when it came, and whose it is.",
    (
        Panel(
            "headline",
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
            "Attention over time",
            ("coverage_over_time", "bursts_for"),
            _attention,
            (
                Column("period_start", "From", "time"),
                Column("article_count", "Articles", "count", "periods.article_count"),
                Column("total_article_count", "Of all", "count"),
                Column("z_score", "Burst (z)", "decimal"),
                Column("baseline_mean", "Usual", "decimal"),
            ),
            "No article of this selection has a day.",
            also="bursts.week_start as burst_week, bursts.article_count as burst_article_count, "
            "bursts.title as burst_title",
            order="period_start",
            chart=charts.attention,
            note="Orange marks are bursts, weeks far above the eight weeks before; of several in one period the "
            "greatest is marked.",
            gesture="Drag across the chart to choose a period.",
            is_table_closed=True,
            is_wide=True,
        ),
        Panel(
            "bursts",
            "The greatest bursts",
            ("bursts_for",),
            _bursts,
            (
                Column("week_start", "Week from", "date"),
                Column("title", "Its largest story", "link"),
                Column("article_count", "Articles", "count"),
                Column("baseline_mean", "Usual", "decimal"),
                Column("z_score", "z", "decimal"),
                TIMELINE,
            ),
            "No week stands out from the eight weeks before it.",
            order="z_score desc, week_start",
            limit=12,
            note="z counts standard deviations above the mean of the eight weeks before.",
            is_wide=True,
        ),
        Panel(
            "share",
            "Share of voice",
            ("share_of_voice_for",),
            lambda selection: selection.call("share_of_voice_for"),
            (
                UNIT,
                Column("article_count", "Articles", "count"),
                Column("total_article_count", "Of", "count"),
                *rate("share", "Share"),
            ),
            "Nobody has so many articles in this selection; lower the minimum.",
            order="article_count desc, unit",
            limit=20,
            chart=charts.shares,
            note="Each article counts once. Lines are 95 % intervals: where they overlap, the order may be chance.",
            is_table_closed=True,
        ),
        Panel(
            "ranks",
            "Change of rank",
            ("share_over_time",),
            _ranks,
            (
                Column("period_start", "From", "date"),
                Column("unit", "Who"),
                Column("article_count", "Articles", "count"),
                Column("total_article_count", "Of", "count"),
                *rate("share", "Share"),
                Column("rank", "Rank", "count"),
                Column("rank_change", "Places won", "signed"),
            ),
            "No article of this selection has a day.",
            chart=charts.ranks,
            note="The eight largest of the whole selection, by their place in each period. 1 has most articles.",
            is_table_closed=True,
        ),
    ),
)
