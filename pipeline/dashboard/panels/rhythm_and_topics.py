"""The page of habits: at which hours it appears, and what it is about."""

from __future__ import annotations

from pipeline.dashboard import charts
from pipeline.dashboard.panel import Column, Page, Panel, rate
from pipeline.dashboard.selection import Completed, sql_of


def _rhythm(selection: Completed) -> str:
    zone = sql_of(selection.time_zone)
    return f"{selection.call('posting_rhythm_for', time_zone=zone)}\ncross join (select {zone} as time_zone)"


def _topic_leaders(selection: Completed) -> str:
    return (
        f"{selection.call('topic_provider_share_for')}\n"
        "qualify row_number() over (partition by topic_id order by article_count desc, provider_domain) <= 3"
    )


RHYTHM_AND_TOPICS = Page(
    "Rhythm and topics",
    "At which hours it appears, and what it is about.",
    (
        Panel(
            "rhythm",
            "When it appears",
            ("posting_rhythm_for",),
            _rhythm,
            (
                Column("weekday", "Weekday (1 = Monday)", "count"),
                Column("hour", "Hour", "count"),
                Column("article_count", "Articles", "count"),
            ),
            "No article of this selection has a time.",
            also="time_zone",
            order="weekday, hour",
            chart=charts.rhythm,
            is_table_closed=True,
            is_wide=True,
        ),
        Panel(
            "topics",
            "Topics",
            ("topic_share_for",),
            lambda selection: selection.call("topic_share_for"),
            (
                Column("topic", "Topic"),
                Column("document_count", "Documents", "count"),
                Column("total_document_count", "Of", "count"),
                *rate("share", "Share"),
            ),
            "No topic has so many documents; lower the minimum.",
            limit=20,
            chart=charts.topics,
            note="A document with several topics gives each its part, so that shares sum to one.",
            is_table_closed=True,
        ),
        Panel(
            "topic_leaders",
            "Who leads each topic",
            ("topic_provider_share_for",),
            _topic_leaders,
            (
                Column("topic", "Topic"),
                Column("provider_name", "Host"),
                Column("article_count", "Articles", "count"),
                Column("total_article_count", "Of", "count"),
                *rate("share", "Share"),
            ),
            "Nobody leads so many documents of a topic; lower the minimum.",
            order="total_article_count desc, topic, article_count desc, provider_domain",
            limit=30,
        ),
    ),
)
