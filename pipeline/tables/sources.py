"""Table `sources`."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.tables.steps import Parts


def sources(files: pl.DataFrame, unlisted: Mapping[str, int]) -> Parts:
    """Table `sources`: the files of each source by outcome. `unlisted` is how many names of it were not even listed;
    they count as passed over."""

    def count(outcome: str) -> pl.Expr:
        return (pl.col("outcome") == outcome).sum().cast(pl.Int32)

    names = pl.DataFrame(
        list(unlisted.items()), schema={"source_name": pl.String, "unlisted_count": pl.Int32}, orient="row"
    )
    counts = files.group_by("source_name").agg(
        document_count=count("document"),
        rejected_count=count("rejected"),
        file_count=count("document") + count("rejected"),
        passed_over_count=count("passed_over"),
    )
    passed_over = pl.col("passed_over_count") + pl.col("unlisted_count")
    return [counts.join(names, on="source_name").with_columns(passed_over_count=passed_over).lazy()]
