"""What upstream wrote: `documents`, `rejected_documents`."""

from __future__ import annotations

import polars as pl

from pipeline.tables.steps import Parts


def documents(documents: Parts, entries: Parts, occurrences: pl.DataFrame, document_stories: pl.DataFrame) -> Parts:
    """Table `documents`: the document's own columns and what its lead says."""
    lead_articles = occurrences.lazy().filter(~pl.col("is_related")).select("document_id", "lead_article_id")
    story_ids = document_stories.lazy().select("document_id", "story_id")
    return [
        part.join(part_entries.filter(pl.col("position") == 0).drop("article_id", "line", "position"), on="document_id")
        .join(lead_articles, on="document_id")
        .join(story_ids, on="document_id")
        for part, part_entries in zip(documents, entries, strict=True)
    ]


def rejected_documents(rejected_documents: pl.LazyFrame) -> Parts:
    """Table `rejected_documents`, as reading and typing gave it."""
    return [rejected_documents]
