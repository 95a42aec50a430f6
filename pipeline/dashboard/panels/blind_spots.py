"""The page of what a host or publisher did not cover."""

from __future__ import annotations

from pipeline.dashboard import charts
from pipeline.dashboard.panel import LISTED_STORY, TIMELINE, Column, Page, Panel, rate
from pipeline.dashboard.selection import Completed, sql_of


def _missed(selection: Completed) -> str:
    # As `Panel.subject` says it.
    host = selection.provider if selection.publisher else selection.host
    return selection.call("missed_stories_for", provider=sql_of(host))


def _gaps(selection: Completed) -> str:
    return f"{selection.call('coverage_gap_for')}\nwhere provider_domain = domain_named({sql_of(selection.host)})"


BLIND_SPOTS = Page(
    "Blind spots",
    "What a host or publisher did not cover.",
    (
        Panel(
            "missed",
            "Large stories it missed",
            ("missed_stories_for",),
            _missed,
            (
                *LISTED_STORY,
                TIMELINE,
            ),
            "It missed no story that so many hosts cover.",
            limit=30,
            about="host or publisher",
            is_wide=True,
        ),
        Panel(
            "gaps",
            "Topics it covers less than news in general",
            ("coverage_gap_for",),
            _gaps,
            (
                Column("topic", "Topic"),
                Column("topic_story_count", "Covered", "count"),
                Column("story_count", "Stories", "count"),
                *rate("reach", "Reach"),
                Column("overall_reach", "Reach of all news", "percent"),
            ),
            "No topic lies surely below its usual reach.",
            limit=20,
            chart=charts.gaps,
            note="The tick is what it covers of all stories; a gap is where the whole line lies left of it.",
            about="host",
            is_table_closed=True,
            is_wide=True,
        ),
    ),
)
