"""The page of stories: the largest, and how one of them unfolded."""

from __future__ import annotations

from pipeline.dashboard import charts
from pipeline.dashboard.panel import LISTED_STORY, PUBLISHED, TIMELINE, Column, Page, Panel
from pipeline.dashboard.selection import sql_of

STORIES = Page(
    "Stories",
    "The largest stories, and how one of them unfolded.",
    (
        Panel(
            "stories",
            "The largest stories",
            ("top_stories_for",),
            lambda selection: selection.call("top_stories_for"),
            (
                *LISTED_STORY,
                Column("margin_minutes", "Ahead by", "minutes"),
                Column("is_clock_safe", "Clock-safe", "yes"),
                TIMELINE,
            ),
            "No story fits this selection.",
            limit=50,
            note="Clock-safe: who was first would stay so if its clock were off by eight hours.",
            is_wide=True,
        ),
        Panel(
            "timeline",
            "How one story unfolded",
            ("story_timeline",),
            lambda selection: f"story_timeline({sql_of(selection.story)})",
            (
                PUBLISHED,
                Column("minutes_after_first", "After the first", "minutes"),
                Column("provider_name", "Host"),
                Column("title", "Article", "link"),
                Column("reason", "Why it is in the story", "path"),
                Column("path", "Document", "path"),
                Column("line", "Line", "count"),
            ),
            "No story fits this selection.",
            also="membership, story_title, other_stories",
            chart=charts.timeline,
            about="story",
            subtitle="story_title",
            is_wide=True,
        ),
    ),
)
