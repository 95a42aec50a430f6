"""Occurrences: one narrow row per entry of any document, with its identity resolved. Not published; tables start here.

It holds numbers and keys only, so that all entries of a large corpus fit in memory while their texts stay on disk.
"""

from __future__ import annotations

import polars as pl

#: Order in which occurrences of one article compete to give its values, see `earliest_first`.
_EARLIEST_FIRST = ("published_at", "is_related", "document_order", "position")


def occurrences(
    documents: pl.LazyFrame, entries: pl.LazyFrame, publisher_of_name: pl.DataFrame, copies: pl.DataFrame
) -> pl.DataFrame:
    """One row per entry: document_id, position, article_id, lead_article_id, provider_id, publisher_id, published_at,
    published_date, lead_published_at, is_copy (in a document that is a copy), is_related, has_address (one of its own),
    document_order (rank of source name and path), is_self_link, is_repeat.

    An entry without address takes the identity of the lead with the same provider name, normalized title and instant;
    of several such leads that of the smallest source name and path. An entry of a copy is the article that it is in the
    original.
    """
    order = (
        documents.select("document_id", "source_name", "path")
        .sort("source_name", "path")
        .with_row_index("document_order")
        .select("document_id", pl.col("document_order").cast(pl.Int32))
    )
    rows = entries.select(
        "document_id",
        "position",
        "article_id",
        "match_key",
        "provider_id",
        "provider_name_raw",
        "published_at",
        "published_date",
        has_address=pl.col("canonical_url").is_not_null(),
    ).join(order, on="document_id")
    lead_identity = (
        rows.filter((pl.col("position") == 0) & pl.col("has_address") & pl.col("match_key").is_not_null())
        .sort("document_order")
        .unique("match_key", keep="first", maintain_order=True)
        .select("match_key", lead_identity="article_id")
    )
    publisher_ids = publisher_of_name.lazy().select("provider_id", "provider_name_raw", "publisher_id")
    resolved = (
        rows.join(lead_identity, on="match_key", how="left")
        .join(publisher_ids, on=["provider_id", "provider_name_raw"], how="left", nulls_equal=True)
        .select(
            "document_id",
            "position",
            "provider_id",
            "publisher_id",
            "published_at",
            "published_date",
            "document_order",
            "has_address",
            article_id=pl.when(pl.col("has_address"))
            .then("article_id")
            .otherwise(pl.coalesce("lead_identity", "article_id")),
            is_related=pl.col("position") > 0,
        )
    )
    originals = copies.lazy().join(
        resolved.select("position", "article_id", original_document_id="document_id"), on="original_document_id"
    )
    resolved = (
        resolved.join(
            originals.select("document_id", "position", original_article_id="article_id"),
            on=["document_id", "position"],
            how="left",
        )
        .with_columns(
            article_id=pl.coalesce("original_article_id", "article_id"),
            is_copy=pl.col("original_article_id").is_not_null(),
        )
        .drop("original_article_id")
    )
    leads = resolved.filter(~pl.col("is_related")).select(
        "document_id", lead_article_id="article_id", lead_published_at="published_at"
    )
    return (
        resolved.join(leads, on="document_id")
        .sort("document_order", "position")
        .with_columns(
            is_self_link=pl.col("is_related") & (pl.col("article_id") == pl.col("lead_article_id")),
            is_repeat=~pl.struct("document_id", "article_id").is_first_distinct(),
        )
        .collect(engine="streaming")
    )


def earliest_first(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Occurrences sorted so that the first of an article is the one that gives its values."""
    return rows.sort(*_EARLIEST_FIRST, nulls_last=True)


def first_occurrences(occurrences: pl.DataFrame) -> pl.LazyFrame:
    """The earliest occurrence of each article, one narrow row per article."""
    return (
        earliest_first(occurrences.lazy().filter(~pl.col("is_copy")))
        .unique("article_id", keep="first", maintain_order=True)
        .select(
            "article_id",
            "document_id",
            "position",
            "provider_id",
            "publisher_id",
            "published_at",
            "published_date",
            "has_address",
        )
    )
