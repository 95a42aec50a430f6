"""Data-quality rules: what may be odd about a document that is kept all the same, and how one document shows it."""

from __future__ import annotations

import json
from collections.abc import Iterable

import polars as pl

from pipeline.entries.unknown_keys import unknown_key_paths
from pipeline.entries.values import given, text_at
from pipeline.schema.columns import TEXT_TYPE
from pipeline.schema.tables import TABLES
from pipeline.schema.upstream import DOCUMENT, RELATED_ENTRY, HeldScalar

#: Rule -> (severity, what it means). Codes are part of the product's interface.
RULES: dict[str, tuple[str, str]] = {
    "invalid_timestamp": ("warning", "a time is not an instant that exists; it is null"),
    "missing_timestamp": ("warning", "an entry has no publishedDateTime; no metric of time counts it"),
    "implausible_timestamp": (
        "warning",
        "a time is before 1990, or years after the other entries of its source; it is kept",
    ),
    "not_an_integer": ("warning", "text is where an integer belongs; the value is null"),
    "not_a_boolean": ("warning", "text is where true or false belongs; the value is null"),
    "wrong_shape": ("warning", "a known key has a list or mapping as its value, or should; kept in unknown_keys"),
    "unknown_key": ("info", "the schema does not know a key; kept in unknown_keys"),
    "empty_topic": ("warning", "a bullet in the list of topics is empty; it is dropped"),
    "repeated_topic": ("info", "a topic appears twice in the list; it is counted once"),
    "entry_not_a_mapping": ("warning", "a related entry is not key: value pairs; it is a row with nothing known"),
    "missing_title": ("warning", "an entry has no title"),
    "missing_address": ("info", "an entry has no address; provider name, title and time identify it"),
    "missing_provider": ("warning", "an entry has no provider domain; it is counted under `(unknown)`"),
    "missing_media_type": ("info", "an entry has no type"),
    "unknown_media_type": ("warning", "a type is neither article nor video; it is kept"),
    "image_without_url": ("info", "an image has no address; it is not counted"),
    "negative_size": ("warning", "an image has a negative width or height; it is kept"),
    "folded_mismatch": ("warning", "the heat of a document is -1, but it is not folded"),
    "suspect_same_path": ("info", "the addresses of two articles differ only in the query; they may be one"),
}
#: Kind of a scalar -> the rule that text breaks which is not of that kind, and what its finding says of the text.
_KIND_RULES = {
    "integer": ("not_an_integer", "is not an integer"),
    "boolean": ("not_a_boolean", "is neither true nor false"),
    "timestamp": ("invalid_timestamp", "is not an instant that exists"),
}


def finding_frame(rows: pl.DataFrame, rule: str, detail: pl.Expr) -> pl.DataFrame:
    """Rows of the findings table, one per row of `rows`, which has document_id and position."""
    severity, _ = RULES[rule]
    return rows.select(
        rule=pl.lit(rule), severity=pl.lit(severity), document_id="document_id", position="position", detail=detail
    ).cast(TABLES["findings"].polars_schema)


def value_findings(
    rows: pl.DataFrame, typed: pl.DataFrame, scalars: Iterable[HeldScalar], prefix: pl.Expr | None = None
) -> list[pl.DataFrame]:
    """Texts that are not of the kind of their key: `rows` holds the texts, `typed` (`values.typed_columns`) what became
    of them; `prefix` comes before the key."""
    prefix = pl.lit("") if prefix is None else prefix
    return [
        finding_frame(
            rows.filter(given(text_at(key)).is_not_null() & typed[column.name].is_null()),
            _KIND_RULES[kind][0],
            pl.format("{}{}: {} {}", prefix, pl.lit(key), _quoted(given(text_at(key))), pl.lit(_KIND_RULES[kind][1])),
        )
        for column, key, kind in scalars
        if kind in _KIND_RULES and column.type != TEXT_TYPE
    ]


def document_findings(documents: pl.DataFrame, bullets: pl.DataFrame) -> list[pl.DataFrame]:
    """What is odd about documents as a whole and about their topics: one row of `bullets` for each that is text."""
    no_position = pl.lit(None, dtype=pl.Int32)
    bullets = bullets.rename({"position": "bullet"}).with_columns(position=no_position)
    is_repeated = pl.col("name").is_not_null() & ~pl.struct("document_id", "name").is_first_distinct()
    return [
        finding_frame(
            documents.with_columns(position=no_position).filter((pl.col("heat") == -1) & (pl.col("state") != "folded")),
            "folded_mismatch",
            pl.lit("heat is -1, but the document is not unpublished with related entries"),
        ),
        finding_frame(
            bullets.filter(pl.col("name").is_null()), "empty_topic", pl.format("topics[{}] is empty", "bullet")
        ),
        finding_frame(
            bullets.filter(is_repeated),
            "repeated_topic",
            pl.format("topics[{}]: {} is already in the list", "bullet", _quoted(pl.col("name"))),
        ),
    ]


def entry_findings(entries: pl.DataFrame) -> list[pl.DataFrame]:
    """What is odd about entries: what they lack, an unknown type, unknown keys."""
    mappings = entries.filter("is_mapping")
    media_type = pl.col("media_type")
    absent = {
        "missing_title": (pl.col("title"), "no title"),
        "missing_address": (pl.col("canonical_url"), "neither webUrl nor originalUrl"),
        "missing_provider": (pl.col("domain"), "no provider domain"),
        "missing_timestamp": (given(pl.col("published_at_raw")), "no publishedDateTime"),
        "missing_media_type": (media_type, "no type"),
    }
    return [
        finding_frame(
            entries.filter(~pl.col("is_mapping")),
            "entry_not_a_mapping",
            pl.format("the related entry is {}, not key: value pairs", "unknown_keys"),
        ),
        *(
            finding_frame(mappings.filter(value.is_null()), rule, pl.lit(detail))
            for rule, (value, detail) in absent.items()
        ),
        finding_frame(
            mappings.filter(media_type.is_not_null() & ~media_type.is_in(["article", "video"])),
            "unknown_media_type",
            pl.format("type: {} is neither article nor video", _quoted(media_type)),
        ),
        *_unknown_key_findings(mappings.filter(pl.col("unknown_keys").is_not_null())),
    ]


def image_findings(images: pl.DataFrame) -> list[pl.DataFrame]:
    """What is odd about images: no address, a negative size. The column `where` names the image."""
    return [
        finding_frame(
            images.filter(pl.col("is_mapping") & pl.col("url").is_null()),
            "image_without_url",
            pl.format("{}: no url", "where"),
        ),
        *(
            finding_frame(
                images.filter(pl.col(name) < 0),
                "negative_size",
                pl.format("{}.{}: {} is negative", "where", pl.lit(name), name),
            )
            for name in ("width", "height")
        ),
    ]


def _unknown_key_findings(entries: pl.DataFrame) -> list[pl.DataFrame]:
    """One row per unknown key (`unknown_key`) and per known key of another shape (`wrong_shape`)."""
    found: dict[str, list[tuple[int, int, str]]] = {"unknown_key": [], "wrong_shape": []}
    for document_id, position, text in entries.select("document_id", "position", "unknown_keys").iter_rows():
        for path, is_known in unknown_key_paths(DOCUMENT if position == 0 else RELATED_ENTRY, json.loads(text)):
            rule, reason = ("wrong_shape", "not of the expected shape") if is_known else ("unknown_key", "unknown")
            found[rule].append((document_id, position, f"{path} is {reason}; kept in unknown_keys"))
    schema = {"document_id": pl.Int64, "position": pl.Int32, "detail": pl.String}
    return [
        finding_frame(pl.DataFrame(rows, schema=schema, orient="row"), rule, pl.col("detail"))
        for rule, rows in found.items()
    ]


def _quoted(text: pl.Expr) -> pl.Expr:
    """A value as a finding shows it: in quotes, cut after 80 characters."""
    shown = pl.when(text.str.len_chars() > 80).then(text.str.slice(0, 80) + "…").otherwise(text)
    return pl.concat_str(pl.lit("'"), shown, pl.lit("'"))
