"""What was published: `articles`, `article_versions`, `article_urls`, `images`, `article_images`, `provider_images`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.entries.keys import key
from pipeline.tables.occurrences import earliest_first

_URL_KINDS = {"web": "web_url", "original": "original_url", "amp": "amp_web_url", "cdn_amp": "cdn_amp_web_url"}


def articles(occurrences: pl.DataFrame, entries_of_parts: Sequence[pl.LazyFrame]) -> list[pl.LazyFrame]:
    """Table `articles`: each value from the earliest occurrence (time, lead before related, path, position)."""
    counts = (
        occurrences.lazy()
        .group_by("article_id")
        .agg(
            entry_count=pl.len().cast(pl.Int64),
            document_count=pl.col("document_id").n_unique().cast(pl.Int64),
            has_any_address=pl.col("has_address").any(),
        )
    )
    collected = first_occurrences(occurrences).join(counts, on="article_id").collect(engine="streaming")
    is_adopted = pl.col("has_any_address") & ~pl.col("has_address")
    adopted = _addresses_of(collected.filter(is_adopted)["article_id"], entries_of_parts).lazy()
    first = collected.lazy()
    return [
        first.join(
            entries.select(
                "document_id",
                "position",
                "canonical_url",
                "title",
                "normalized_title",
                "excerpt",
                "media_type",
                "published_at_raw",
                "quality",
                "has_amp",
                "image_count",
            ),
            on=["document_id", "position"],
        )
        .join(adopted, on="article_id", how="left")
        .with_columns(canonical_url=pl.coalesce("canonical_url", "adopted_url"))
        .rename({"document_id": "first_document_id", "position": "first_position"})
        for entries in entries_of_parts
    ]


def _addresses_of(article_ids: pl.Series, entries_of_parts: Sequence[pl.LazyFrame]) -> pl.DataFrame:
    """Canonical URL of articles whose earliest occurrence has no address, but took the identity of a lead that has one:
    article_id, adopted_url. Hardly any corpus has such articles; texts are read only where there are some.
    """
    entries = pl.concat(entries_of_parts) if article_ids.len() else entries_of_parts[0].head(0)
    return (
        entries.filter(pl.col("canonical_url").is_not_null() & pl.col("article_id").is_in(article_ids.implode()))
        .select("article_id", adopted_url="canonical_url")
        .unique()
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


def first_occurrences(occurrences: pl.DataFrame) -> pl.LazyFrame:
    """The earliest occurrence of each article, one narrow row per article."""
    return (
        earliest_first(occurrences.lazy())
        .unique("article_id", keep="first", maintain_order=True)
        .select("article_id", "document_id", "position", "provider_id", "publisher_id", "published_at", "has_address")
    )


def article_versions(occurrences: pl.DataFrame, entries: pl.LazyFrame) -> pl.LazyFrame:
    """Table `article_versions`: title and provider from the earliest occurrence with that time."""
    pair = ["article_id", "published_at"]
    rows = occurrences.lazy().filter(pl.col("published_at").is_not_null())
    counts = rows.group_by(pair).agg(entry_count=pl.len().cast(pl.Int64))
    first = earliest_first(rows).unique(pair, keep="first", maintain_order=True)
    return (
        first.select(*pair, "document_id", "position", "provider_id")
        .join(counts, on=pair)
        .join(entries.select("document_id", "position", "title"), on=["document_id", "position"])
    )


def article_urls(occurrences: pl.DataFrame, entries: pl.LazyFrame) -> list[pl.LazyFrame]:
    """Table `article_urls`, two frames for each kind of address, so that half of its texts are counted at a time."""
    article_ids = occurrences.lazy().select("document_id", "position", "article_id")
    return [
        entries.filter(pl.col(column).is_not_null())
        .select("document_id", "position", url=column)
        .join(article_ids.filter(pl.col("article_id") % 2 == half), on=["document_id", "position"])
        .group_by("article_id", "url")
        .agg(entry_count=pl.len().cast(pl.Int64))
        .with_columns(kind=pl.lit(kind))
        for kind, column in _URL_KINDS.items()
        for half in (0, 1)
    ]


def article_images(occurrences: pl.DataFrame, images: pl.LazyFrame) -> pl.LazyFrame:
    """Table `article_images`: the images with an address of each article's earliest occurrence."""
    first = first_occurrences(occurrences).select("article_id", "document_id", "position")
    return (
        images.filter(~pl.col("is_logo"))
        .join(first, on=["document_id", "position"])
        .select("article_id", "title", image_id=key("image", pl.col("url")), position="image_position")
    )


def provider_images(images: pl.LazyFrame) -> pl.LazyFrame:
    """Table `provider_images`."""
    return (
        images.filter("is_logo")
        .group_by("provider_id", image_id=key("image", pl.col("url")))
        .agg(entry_count=pl.struct("document_id", "position").n_unique().cast(pl.Int64))
    )


def images(images: pl.LazyFrame, article_images: pl.LazyFrame) -> pl.LazyFrame:
    """Table `images`; article_count counts the articles of whose earliest occurrence the image is part."""
    article_counts = article_images.group_by("image_id").agg(
        article_count=pl.col("article_id").n_unique().cast(pl.Int64)
    )
    return (
        images.group_by("url")
        .agg(pl.col("width", "height").max(), pl.col("is_cached").max())
        .with_columns(image_id=key("image", pl.col("url")))
        .join(article_counts, on="image_id", how="left")
        .with_columns(pl.col("article_count").fill_null(0))
    )
