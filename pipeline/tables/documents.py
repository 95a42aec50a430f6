"""What upstream wrote: `documents`, `related_links`, `topics`, `document_topics`."""

from __future__ import annotations

import polars as pl

from pipeline.entries.keys import key


def documents(
    documents: pl.LazyFrame, entries: pl.LazyFrame, occurrences: pl.DataFrame, document_stories: pl.DataFrame
) -> pl.LazyFrame:
    """Table `documents`: the document's own columns and what its lead says."""
    leads = entries.filter(pl.col("position") == 0).drop("article_id", "line", "position")
    return (
        documents.join(leads, on="document_id")
        .join(
            occurrences.lazy().filter(~pl.col("is_related")).select("document_id", "lead_article_id"), on="document_id"
        )
        .join(document_stories.lazy().select("document_id", "story_id"), on="document_id")
    )


def related_links(entries: pl.LazyFrame, occurrences: pl.DataFrame) -> pl.LazyFrame:
    """Table `related_links`: every related entry as written, with its identity and its lag behind the lead."""
    resolved = (
        occurrences.lazy()
        .filter("is_related")
        .select(
            "document_id",
            "position",
            "article_id",
            "lead_article_id",
            "is_self_link",
            "is_repeat",
            lag_seconds=(pl.col("published_at") - pl.col("lead_published_at")).dt.total_seconds(),
        )
    )
    return entries.drop("article_id").join(resolved, on=["document_id", "position"])


def topics(topics: pl.LazyFrame) -> pl.LazyFrame:
    """Table `topics`."""
    return topics.group_by("name").agg(document_count=pl.len().cast(pl.Int64)).with_columns(topic_id=_topic_id())


def document_topics(topics: pl.LazyFrame) -> pl.LazyFrame:
    """Table `document_topics`."""
    return topics.select("document_id", "position", topic_id=_topic_id())


def _topic_id() -> pl.Expr:
    return key("topic", pl.col("name"))
