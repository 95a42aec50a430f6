"""Data-quality rules: what may be odd about a document that is kept all the same, and how one document shows it."""

from __future__ import annotations

import json
from collections.abc import Iterable

import polars as pl

from pipeline.entries.unknown_keys import unknown_key_paths
from pipeline.entries.values import code_or_null, text_at
from pipeline.schema.columns import TEXT_TYPE
from pipeline.schema.tables import TABLES
from pipeline.schema.upstream import DOCUMENT, RELATED_ENTRY, HeldScalar

#: Rule -> (severity, what it means). Codes are part of the product's interface.
RULES: dict[str, tuple[str, str]] = {
    "invalid_time": ("warning", "a time cannot exist, or is in a form that is not understood; it is null"),
    "implausible_time": ("warning", "a time is before 1990 or after 2099 and stands for none; it is null"),
    "imprecise_time": ("info", "only the day is written; shares and coverage count the entry, no metric of time does"),
    "missing_time": ("warning", "an entry has no publishedDateTime; no metric of time counts it"),
    "time_years_ahead": ("warning", "a time is years after the other entries of its source; it is kept"),
    "not_an_integer": ("warning", "text is where an integer belongs; the value is null"),
    "not_a_boolean": ("warning", "text is where true or false belongs; the value is null"),
    "wrong_shape": ("warning", "a known key has a list or mapping as its value, or should; kept in unknown_keys"),
    "unknown_key": ("info", "the schema does not know a key; kept in unknown_keys"),
    "empty_topic": ("warning", "a bullet in the list of topics is empty; it is dropped"),
    "repeated_topic": ("info", "a topic appears twice in the list; it is counted once"),
    "entry_not_a_mapping": ("warning", "a related entry is not key: value pairs; it is a row with nothing known"),
    "missing_title": ("warning", "an entry has no title"),
    "missing_address": ("info", "an entry has no address; provider name, title and time identify it"),
    "unusable_address": ("warning", "the text of an address names no host; the entry counts as one without address"),
    "relative_address": ("info", "an address is a path without a host; the provider's domain completes it"),
    "quoted_address": ("info", "quotes or angle brackets stand around an address; they are dropped"),
    "bare_address": ("info", "a related entry is a bare address; it is read as its webUrl"),
    "identified_by_place": (
        "warning",
        "an entry has no address and lacks provider name, title or time; it is an article of its own",
    ),
    "missing_provider": ("warning", "an entry has no provider domain; the host of its address stands in"),
    "domain_spelling": ("info", "a provider domain is not written as a host; what does not belong to it is dropped"),
    "address_date": (
        "info",
        "the date in an address is more than two days off the time written; see clock_evidence",
    ),
    "same_content": ("info", "a document equals an earlier one byte for byte; it counts in no metric"),
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
            rows.filter(code_or_null(text_at(key)).is_not_null() & typed[column.name].is_null()),
            _KIND_RULES[kind][0],
            pl.format(
                "{}{}: {} {}", prefix, pl.lit(key), _quoted(code_or_null(text_at(key))), pl.lit(_KIND_RULES[kind][1])
            ),
        )
        for column, key, kind in scalars
        if kind in _KIND_RULES and column.type != TEXT_TYPE
    ]


def document_findings(documents: pl.DataFrame, bullets: pl.DataFrame) -> list[pl.DataFrame]:
    """What is odd about documents as a whole and about their topics: one row of `bullets` for each that is text."""
    no_position = pl.lit(None, dtype=pl.Int32)
    bullets = bullets.rename({"position": "bullet"}).with_columns(position=no_position)
    is_repeated = pl.col("name").is_not_null() & ~pl.struct("document_id", "normalized_name").is_first_distinct()
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
    """What is odd about entries: what they lack, how addresses, domains and times are written, an unknown type, unknown
    keys."""
    mappings = entries.filter("is_mapping")
    media_type = pl.col("media_type")
    has_address = pl.col("canonical_url").is_not_null()
    is_written = pl.col("web_url").is_not_null() | pl.col("original_url").is_not_null()
    domain = pl.col("provider_domain_raw")
    domain_is = (
        pl.when(domain.is_null())
        .then(pl.lit("no provider domain"))
        .otherwise(pl.format("provider.domain: {} names no host", _quoted(domain)))
    )
    instead = pl.when(pl.col("domain").is_not_null()).then(
        pl.format("{}; {}, the host of its address, stands in", domain_is, "domain")
    )
    found: list[tuple[str, pl.Expr, str | pl.Expr]] = [
        ("missing_title", pl.col("title").is_null(), "no title"),
        ("missing_address", ~has_address & ~is_written, "neither webUrl nor originalUrl"),
        (
            "identified_by_place",
            ~has_address & pl.col("match_key").is_null(),
            "neither an address nor all of provider name, title and time",
        ),
        (
            "bare_address",
            pl.col("is_bare"),
            pl.format("{} is in the place of key: value pairs", _quoted(pl.col("web_url"))),
        ),
        ("missing_provider", pl.col("written_host").is_null(), pl.coalesce(instead, domain_is)),
        (
            "domain_spelling",
            domain.str.to_lowercase() != pl.col("written_host"),
            pl.format("provider.domain: {} is read as {}", _quoted(domain), "written_host"),
        ),
        ("missing_time", code_or_null(pl.col("published_at_raw")).is_null(), "no publishedDateTime"),
        ("missing_media_type", media_type.is_null(), "no type"),
        (
            "unknown_media_type",
            ~media_type.is_in(["article", "video"]),
            pl.format("type: {} is neither article nor video", _quoted(media_type)),
        ),
    ]
    return [
        finding_frame(
            entries.filter(~pl.col("is_mapping")),
            "entry_not_a_mapping",
            pl.format("the related entry is {}, not key: value pairs", "unknown_keys"),
        ),
        *(
            finding_frame(mappings.filter(condition), rule, pl.lit(detail) if isinstance(detail, str) else detail)
            for rule, condition, detail in found
        ),
        *_address_findings(entries),
        *_time_findings(entries),
        *_unknown_key_findings(mappings.filter(pl.col("unknown_keys").is_not_null())),
    ]


def _address_findings(entries: pl.DataFrame) -> list[pl.DataFrame]:
    says = {
        "unusable_address": "is not an address",
        "relative_address": "is completed by the provider's domain",
        "quoted_address": "is read without what is around it",
    }
    return [
        finding_frame(
            entries.filter(pl.col(f"{column}_rule") == rule),
            rule,
            pl.format("{}: {} {}", pl.lit(key), _quoted(pl.col(column)), pl.lit(sentence)),
        )
        for column, key in (("web_url", "webUrl"), ("original_url", "originalUrl"))
        for rule, sentence in says.items()
    ]


def _time_findings(entries: pl.DataFrame) -> list[pl.DataFrame]:
    problem = pl.col("published_at_problem")
    found = (
        ("invalid_time", problem == "not_understood", "is in a form that is not understood"),
        ("invalid_time", problem == "impossible", "cannot exist"),
        ("implausible_time", problem == "implausible", "is before 1990 or after 2099"),
        ("imprecise_time", pl.col("published_at_precision") == "day", "is a day, not an instant"),
    )
    return [
        finding_frame(
            entries.filter(condition),
            rule,
            pl.format("publishedDateTime: {} {}", _quoted(pl.col("published_at_raw")), pl.lit(sentence)),
        )
        for rule, condition, sentence in found
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
