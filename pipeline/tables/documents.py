"""What upstream wrote: `documents`, `rejected_documents`."""

from __future__ import annotations

import polars as pl

from pipeline.tables.steps import Parts


def copies(documents: pl.LazyFrame) -> pl.DataFrame:
    """Documents that equal one before them, by source name and path: document_id, original_document_id."""
    return (
        documents.select("document_id", "source_name", "path", "content_hash")
        .filter(pl.len().over("content_hash") > 1)
        .sort("source_name", "path")
        .select("document_id", original_document_id=pl.col("document_id").first().over("content_hash"))
        .filter(pl.col("document_id") != pl.col("original_document_id"))
        .collect(engine="streaming")
    )


def documents(documents: Parts, entries: Parts, occurrences: pl.DataFrame, document_stories: pl.DataFrame) -> Parts:
    """Table `documents`: the document's own columns and what its lead says."""
    lead_articles = occurrences.lazy().filter(~pl.col("is_related")).select("document_id", "lead_article_id")
    story_ids = document_stories.lazy().select("document_id", "story_id", "state")
    return [
        part.drop("state")
        .join(part_entries.filter(pl.col("position") == 0).drop("article_id", "line", "position"), on="document_id")
        .join(lead_articles, on="document_id")
        .join(story_ids, on="document_id")
        for part, part_entries in zip(documents, entries, strict=True)
    ]


def rejected_documents(rejected_documents: pl.LazyFrame) -> Parts:
    """Table `rejected_documents`, as reading and typing gave it."""
    return [rejected_documents]
