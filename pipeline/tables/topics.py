"""What upstream says that documents are about: `topics`, `document_topics`."""

from __future__ import annotations

import polars as pl

from pipeline.entries.keys import key
from pipeline.tables.steps import Parts


def topics(bullets: pl.LazyFrame, copies: pl.DataFrame) -> Parts:
    """Table `topics`, shown in the most frequent spelling, of equally frequent ones the first by alphabet."""
    counts = bullets.group_by("normalized_name", "name").agg(
        document_count=(~pl.col("document_id").is_in(copies["document_id"].implode())).sum().cast(pl.Int32)
    )
    return [
        counts.sort(-pl.col("document_count"), "name")
        .group_by("normalized_name", maintain_order=True)
        .agg(pl.col("name").first(), pl.col("document_count").sum())
        .with_columns(topic_id=_topic_id())
    ]


def document_topics(bullets: pl.LazyFrame, copies: pl.DataFrame) -> Parts:
    """Table `document_topics`; what a copy carries is counted where the original carries it."""
    return [
        bullets.filter(~pl.col("document_id").is_in(copies["document_id"].implode())).select(
            "document_id", "position", topic_id=_topic_id()
        )
    ]


def _topic_id() -> pl.Expr:
    return key("topic", pl.col("normalized_name"))
