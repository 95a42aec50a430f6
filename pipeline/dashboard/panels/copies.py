"""The page of copies: who wrote what platforms carry, and what appears twice."""

from __future__ import annotations

from pipeline.dashboard import charts
from pipeline.dashboard.panel import PUBLISHED, Column, Page, Panel, rate
from pipeline.dashboard.selection import Completed


def _platforms(selection: Completed) -> str:
    kept = selection.where(provider="provider_id = provider_named({})", publisher="publisher_id = publisher_named({})")
    return f"{selection.call('platform_articles_for')}\n{kept}"


def _copies(selection: Completed) -> str:
    kept = selection.where(provider="domain_named({}) in (provider_domain, original_provider_domain)")
    return f"{selection.call('syndicated_articles_for')}\n{kept}"


COPIES = Page(
    "Copies",
    "Who wrote what platforms carry, and what appears twice.",
    (
        Panel(
            "platforms",
            "Who wrote what platforms carry",
            ("platform_articles_for",),
            _platforms,
            (
                Column("host_name", "Platform", value="provider_name"),
                Column("publisher_name", "Written by"),
                Column("article_count", "Articles", "count"),
                Column("total_article_count", "Of", "count"),
                *rate("share", "Share"),
                Column("original_count", "Original known", "count"),
                Column("median_delay_minutes", "Behind it", "minutes"),
            ),
            "No platform carries so many articles of one publisher; lower the minimum.",
            order="article_count desc, host_name, publisher_name",
            limit=25,
            chart=charts.platforms,
            is_table_closed=True,
            is_wide=True,
        ),
        Panel(
            "copies",
            "The latest copies",
            ("syndicated_articles_for",),
            _copies,
            (
                PUBLISHED,
                Column("title", "Article", "link"),
                Column("copied_by", "Copied by", value="provider_name"),
                Column("original_by", "Original by", value="original_provider_name"),
                Column("delay_minutes", "Later by", "minutes"),
            ),
            "No title of this selection appears on two hosts.",
            also="original_url",
            order="published_at desc nulls last, url",
            limit=30,
            is_wide=True,
        ),
    ),
)
