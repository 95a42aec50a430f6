"""What upstream says that documents are about: `topics`, `document_topics`."""

from __future__ import annotations

import polars as pl

from pipeline.entries.keys import key
from pipeline.tables.steps import Parts


def topics(bullets: pl.LazyFrame) -> Parts:
    """Table `topics`."""
    return [bullets.group_by("name").agg(document_count=pl.len().cast(pl.Int64)).with_columns(topic_id=_topic_id())]


def document_topics(bullets: pl.LazyFrame) -> Parts:
    """Table `document_topics`."""
    return [bullets.select("document_id", "position", topic_id=_topic_id())]


def _topic_id() -> pl.Expr:
    return key("topic", pl.col("name"))
