"""Table `related_links`."""

from __future__ import annotations

import polars as pl

from pipeline.tables.steps import Parts


def related_links(entries: Parts, occurrences: pl.DataFrame) -> Parts:
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
    return [part.drop("article_id").join(resolved, on=["document_id", "position"]) for part in entries]
