"""Pictures: `images`, `article_images`, `provider_images`."""

from __future__ import annotations

import polars as pl

from pipeline.entries.keys import key
from pipeline.tables.occurrences import first_occurrences
from pipeline.tables.steps import Parts


def article_images(occurrences: pl.DataFrame, images: pl.LazyFrame) -> Parts:
    """Table `article_images`: the images with an address of each article's earliest occurrence."""
    first = first_occurrences(occurrences).select("article_id", "document_id", "position")
    return [
        images.filter(~pl.col("is_logo"))
        .join(first, on=["document_id", "position"])
        .select("article_id", "title", image_id=key("image", pl.col("url")), position="image_position")
    ]


def provider_images(images: pl.LazyFrame) -> Parts:
    """Table `provider_images`."""
    return [
        images.filter("is_logo")
        .group_by("provider_id", image_id=key("image", pl.col("url")))
        .agg(entry_count=pl.struct("document_id", "position").n_unique().cast(pl.Int32))
    ]


def images(images: pl.LazyFrame, article_images: pl.LazyFrame) -> Parts:
    """Table `images`; article_count counts the articles of whose earliest occurrence the image is part."""
    article_counts = article_images.group_by("image_id").agg(
        article_count=pl.col("article_id").n_unique().cast(pl.Int32)
    )
    return [
        images.group_by("url")
        .agg(pl.col("width", "height").max(), pl.col("is_cached").max())
        .with_columns(image_id=key("image", pl.col("url")))
        .join(article_counts, on="image_id", how="left")
        .with_columns(pl.col("article_count").fill_null(0))
    ]
