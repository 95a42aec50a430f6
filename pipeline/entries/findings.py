"""Data-quality rules: what may be odd about a document that is kept all the same."""

from __future__ import annotations

import polars as pl

from pipeline.schema.tables import TABLES

#: Rule -> (severity, what it means). Codes are part of the product's interface.
RULES: dict[str, tuple[str, str]] = {
    "invalid_timestamp": ("warning", "publishedDateTime is no instant that exists; the time is null"),
    "missing_timestamp": ("warning", "no publishedDateTime; the entry leaves every timing metric"),
    "implausible_timestamp": ("warning", "before 1990, or years after the other entries of its source; kept as it is"),
    "not_an_integer": ("warning", "text where an integer belongs; the value is null"),
    "not_a_boolean": ("warning", "text where true or false belongs; the value is null"),
    "wrong_shape": ("warning", "a known key whose value is a list or mapping, or should be one; kept in unknown_keys"),
    "unknown_key": ("info", "a key that the schema does not know; kept in unknown_keys"),
    "empty_topic": ("warning", "an empty bullet in the list of topics; dropped"),
    "repeated_topic": ("info", "a topic that stands twice in the list; counted once"),
    "entry_not_a_mapping": (
        "warning",
        "a related entry that is not key: value pairs; kept as a row with nothing known",
    ),
    "missing_title": ("warning", "an entry without title"),
    "missing_address": ("info", "an entry without address; identified by provider name, title and time"),
    "missing_provider": ("warning", "an entry without provider domain; counted under `(unknown)`"),
    "missing_media_type": ("info", "an entry without type"),
    "unknown_media_type": ("warning", "a type other than article and video; kept"),
    "image_without_url": ("info", "an image without address; not counted"),
    "negative_size": ("warning", "an image with a negative width or height"),
    "folded_mismatch": ("warning", "heat -1 on a document that is not folded"),
    "suspect_same_path": ("info", "two articles whose addresses differ only in the query; possibly one"),
}


def finding_frame(rows: pl.DataFrame, rule: str, detail: pl.Expr) -> pl.DataFrame:
    """Rows of the findings table, one per row of `rows`, which has document_id and position."""
    severity, _ = RULES[rule]
    return rows.select(
        rule=pl.lit(rule), severity=pl.lit(severity), document_id="document_id", position="position", detail=detail
    ).cast(TABLES["findings"].polars_schema)
