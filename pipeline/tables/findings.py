"""Table `findings`: what single documents show, and what shows only beside the others."""

from __future__ import annotations

import polars as pl

from pipeline.entries.findings import finding_frame
from pipeline.tables.steps import Parts

#: An entry is years ahead of its neighbors when more than this lies between it and the entry before it in time ...
_GAP_DAYS = 730
#: ... and no more than this share of its source's entries is as late as it is.
_LATE_SHARE = 0.05


def findings(
    shard_findings: Parts,
    documents: pl.LazyFrame,
    articles: pl.LazyFrame,
    occurrences: pl.DataFrame,
    copies: pl.DataFrame,
    clock_evidence: pl.LazyFrame,
) -> Parts:
    """Table `findings`."""
    return [
        *shard_findings,
        _times_years_ahead(documents, occurrences).lazy(),
        _suspects(articles, occurrences).lazy(),
        _same_contents(documents, copies),
        _address_dates(articles, clock_evidence),
    ]


def _times_years_ahead(documents: pl.LazyFrame, occurrences: pl.DataFrame) -> pl.DataFrame:
    rows = (
        occurrences.lazy()
        .filter(pl.col("published_date").is_not_null())
        .join(documents.select("document_id", "source_name"), on="document_id")
        .select(
            "document_id",
            "position",
            "source_name",
            written=pl.coalesce(
                pl.col("published_at").dt.strftime("%Y-%m-%d %H:%M:%S"),
                pl.col("published_date").dt.strftime("%Y-%m-%d"),
            ),
            # A day stands among the instants where it begins.
            published_at=pl.coalesce("published_at", pl.col("published_date").cast(pl.Datetime("us"))),
        )
        .sort("source_name", "published_at", "document_id", "position")
        .with_columns(
            gap=pl.col("published_at").diff().over("source_name") > pl.duration(days=_GAP_DAYS),
            later_count=pl.len().over("source_name") - pl.int_range(pl.len()).over("source_name"),
            source_count=pl.len().over("source_name"),
        )
        .with_columns(
            starts_late=pl.col("gap").fill_null(False)
            & (pl.col("later_count") <= pl.max_horizontal(1, pl.col("source_count") * _LATE_SHARE))
        )
        .with_columns(is_late=pl.col("starts_late").cum_max().over("source_name"))
        .filter("is_late")
        .collect()
    )
    return finding_frame(
        rows,
        "time_years_ahead",
        pl.format("publishedDateTime {} is more than two years after the other entries of its source", "written"),
    )


def _same_contents(documents: pl.LazyFrame, copies: pl.DataFrame) -> pl.LazyFrame:
    originals = documents.select("source_name", "path", original_document_id="document_id")
    rows = copies.lazy().join(originals, on="original_document_id").with_columns(position=pl.lit(None, dtype=pl.Int32))
    return finding_frame(
        rows.collect(),
        "same_content",
        pl.format("the same bytes as {}/{}", "source_name", "path"),
    ).lazy()


def _address_dates(articles: pl.LazyFrame, clock_evidence: pl.LazyFrame) -> pl.LazyFrame:
    positions = articles.select("article_id", position="first_position")
    rows = clock_evidence.filter(kind="address_date").join(positions, on="article_id").collect()
    return finding_frame(rows, "address_date", pl.col("detail")).lazy()


def _suspects(articles: pl.LazyFrame, occurrences: pl.DataFrame) -> pl.DataFrame:
    """Articles whose addresses have the same host and path: one finding per article, at its first mention by path."""
    addresses = (
        articles.filter(pl.col("canonical_url").is_not_null())
        .select("article_id", "canonical_url", host_and_path=pl.col("canonical_url").str.extract(r"^([^?]*)"))
        # The address of a YouTube video is in its query.
        .filter(pl.col("host_and_path") != "youtube.com/watch")
    )
    rows = (
        addresses.filter(pl.len().over("host_and_path") > 1)
        .join(
            occurrences.lazy()
            .sort("document_order", "position")
            .unique("article_id", keep="first", maintain_order=True)
            .select("article_id", "document_id", "position"),
            on="article_id",
        )
        .collect()
    )
    return finding_frame(
        rows, "suspect_same_path", pl.format("{} has the host and path of another article", "canonical_url")
    )
