"""What was published: `articles`, `article_versions`, `article_urls`."""

from __future__ import annotations

import polars as pl

from pipeline.entries.identity import is_address
from pipeline.entries.keys import key
from pipeline.tables.occurrences import earliest_first, first_occurrences
from pipeline.tables.steps import Parts

_URL_KINDS = {"web": "web_url", "original": "original_url", "amp": "amp_web_url", "cdn_amp": "cdn_amp_web_url"}


def articles(occurrences: pl.DataFrame, entries: Parts) -> Parts:
    """Table `articles`: each value from the earliest occurrence (time, lead before related, path, position)."""
    counts = (
        occurrences.lazy()
        .group_by("article_id")
        .agg(
            entry_count=pl.len().cast(pl.Int32),
            document_count=pl.col("document_id").filter(~pl.col("is_copy")).n_unique().cast(pl.Int32),
            has_any_address=pl.col("has_address").any(),
        )
    )
    collected = first_occurrences(occurrences).join(counts, on="article_id").collect(engine="streaming")
    is_adopted = pl.col("has_any_address") & ~pl.col("has_address")
    adopted = _addresses_of(collected.filter(is_adopted)["article_id"], entries).lazy()
    first = collected.lazy()
    return [
        first.join(
            part.select(
                "document_id",
                "position",
                "canonical_url",
                "url",
                "title",
                "normalized_title",
                "excerpt",
                "normalized_excerpt",
                "media_type",
                "published_at_raw",
                "quality",
                "has_amp",
                "image_count",
            ),
            on=["document_id", "position"],
        )
        .join(adopted, on="article_id", how="left")
        .with_columns(
            canonical_url=pl.coalesce("canonical_url", "adopted_canonical_url"), url=pl.coalesce("url", "adopted_url")
        )
        .rename({"document_id": "first_document_id", "position": "first_position"})
        for part in entries
    ]


def _addresses_of(article_ids: pl.Series, entries: Parts) -> pl.DataFrame:
    """Addresses of articles whose earliest occurrence has none, but took the identity of a lead that has one:
    article_id, adopted_canonical_url, adopted_url. Hardly any corpus has such articles; texts are read only where there
    are some.
    """
    read = pl.concat(entries) if article_ids.len() else entries[0].head(0)
    return (
        read.filter(pl.col("canonical_url").is_not_null() & pl.col("article_id").is_in(article_ids.implode()))
        .group_by("article_id")
        .agg(adopted_canonical_url=pl.col("canonical_url").min(), adopted_url=pl.col("url").min())
        .collect(engine="streaming")
    )


def assert_keys_are_unique(entries: pl.LazyFrame) -> None:
    """Hold the key of each canonical URL against a second, independent one.

    Raises `ValueError` when two URLs have the same key (once in some ten million corpora of a million articles).
    """
    pairs = (
        entries.filter(pl.col("canonical_url").is_not_null())
        .select("article_id", second_key=key("second", pl.col("canonical_url")))
        .unique()
        .collect(engine="streaming")
    )
    shared = pairs.filter(pl.col("article_id").is_duplicated())
    if shared.height:
        article_id = shared["article_id"][0]
        urls = entries.filter(pl.col("article_id") == article_id).select("canonical_url").unique().collect()
        raise ValueError(
            f"articles: the key {article_id} stands for several addresses: {urls['canonical_url'].to_list()}"
        )


def article_versions(occurrences: pl.DataFrame, entries: pl.LazyFrame) -> Parts:
    """Table `article_versions`: title and provider from the earliest occurrence with that time."""
    pair = ["article_id", "published_at"]
    rows = occurrences.lazy().filter(pl.col("published_at").is_not_null())
    counts = rows.group_by(pair).agg(entry_count=pl.len().cast(pl.Int32))
    first = earliest_first(rows.filter(~pl.col("is_copy"))).unique(pair, keep="first", maintain_order=True)
    return [
        first.select(*pair, "published_date", "document_id", "position", "provider_id")
        .join(counts, on=pair)
        .join(entries.select("document_id", "position", "title"), on=["document_id", "position"])
    ]


def article_urls(occurrences: pl.DataFrame, entries: pl.LazyFrame) -> Parts:
    """Table `article_urls`, two frames for each kind of address, so that half of its texts are counted at a time.
    Texts that are no address, such as `undefined`, are left out."""
    is_usable = pl.struct("url", "domain").map_batches(
        lambda rows: is_address(rows.struct.field("url"), rows.struct.field("domain")), return_dtype=pl.Boolean
    )
    article_ids = occurrences.lazy().select("document_id", "position", "article_id")
    return [
        entries.filter(pl.col(column).is_not_null())
        .select("document_id", "position", "domain", url=column)
        .filter(is_usable)
        .join(article_ids.filter(pl.col("article_id") % 2 == half), on=["document_id", "position"])
        .group_by("article_id", "url")
        .agg(entry_count=pl.len().cast(pl.Int32))
        .with_columns(kind=pl.lit(kind))
        for kind, column in _URL_KINDS.items()
        for half in (0, 1)
    ]
