"""From nested rows of text to flat, typed frames, shard by shard.

Everything that depends on one document alone happens here: types, canonical URLs, keys, and findings about single
values. What needs to see all documents (identity of entries without address, stories, providers) is in `tables/`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields

import polars as pl

from pipeline.entries.findings import document_findings, entry_findings, image_findings, value_findings
from pipeline.entries.identity import SAME_SITE, host_form, is_address, read_addresses
from pipeline.entries.keys import key
from pipeline.entries.unknown_keys import gathered_unknown_keys
from pipeline.entries.values import code_or_null, text_or_null, typed_columns
from pipeline.entries.words import folded_name, normalized
from pipeline.schema.tables import TABLES
from pipeline.schema.upstream import DOCUMENT, IMAGE, IS_MAPPING, LINE, RELATED_ENTRY, UNKNOWN_KEYS, held_scalars

_ENTRY_SCALARS = held_scalars(RELATED_ENTRY, "related_links")
_IMAGE_SCALARS = held_scalars(IMAGE, "images", "article_images", prefix="images.")
#: What a document says besides its lead.
_DOCUMENT_SCALARS = [
    scalar for scalar in held_scalars(DOCUMENT, "documents") if scalar.key not in {s.key for s in _ENTRY_SCALARS}
]


_ONLY_FOR_FINDINGS = (
    "is_mapping",
    "is_bare",
    "web_url_rule",
    "original_url_rule",
    "written_host",
    "published_at_problem",
)


@dataclass(frozen=True)
class Fragment:
    """Typed frames of one shard. Every document of the shard is in `documents` or in `rejected_documents`.

    * `documents`: one row per document, without what its lead says.
    * `entries`: one row per entry, lead (position 0) and related (from 1), with `article_id` by its own address; else
      by `match_key` (provider name, title, instant); where one of the three is missing, by its place.
    * `images`: one row per image of an entry or of its provider (`is_logo`).
    * `topics`: one row per bullet that says something.
    * `findings`, `rejected_documents`: as the tables of these names.
    """

    documents: pl.DataFrame
    entries: pl.DataFrame
    images: pl.DataFrame
    topics: pl.DataFrame
    findings: pl.DataFrame
    rejected_documents: pl.DataFrame

    @staticmethod
    def names() -> tuple[str, ...]:
        return tuple(item.name for item in fields(Fragment))


def typed(raw: pl.DataFrame, rejected_documents: pl.DataFrame) -> Fragment:
    """Typed frames of a shard from its nested frame (`upstream.raw_schema`) and what reading rejected.

    Documents whose lead has neither title nor address are rejected here, since blank values are known only now.
    """
    raw = raw.with_columns(document_id=key("document", pl.concat_str("source_name", pl.lit("/"), "path")))
    entry_rows = _entry_rows(raw)
    entries = _entries(entry_rows)
    without_identity = entries.filter(
        (pl.col("position") == 0) & pl.col("title").is_null() & pl.col("canonical_url").is_null()
    ).select("document_id")
    if without_identity.height:
        rejected_documents = pl.concat([rejected_documents, _without_identity(raw, without_identity)])
        raw, entry_rows, entries = (
            frame.join(without_identity, on="document_id", how="anti", maintain_order="left")
            for frame in (raw, entry_rows, entries)
        )
    document_values = typed_columns(raw, _DOCUMENT_SCALARS)
    image_rows = _image_rows(entry_rows.with_columns(provider_id=entries["provider_id"]))
    image_values = typed_columns(image_rows, _IMAGE_SCALARS)
    images = pl.concat([image_rows.drop(IMAGE.fields, UNKNOWN_KEYS), image_values], how="horizontal")
    bullets = _bullets(raw)
    topics = bullets.filter(pl.col("name").is_not_null()).unique(
        ["document_id", "normalized_name"], keep="first", maintain_order=True
    )
    documents = _documents(raw, document_values, topics)
    return Fragment(
        documents=documents,
        entries=entries.drop(*_ONLY_FOR_FINDINGS),
        images=images.drop("where", "is_mapping").filter(pl.col("url").is_not_null()),
        topics=topics,
        findings=pl.concat(
            [
                *document_findings(documents, bullets),
                *value_findings(raw.with_columns(position=None), document_values, _DOCUMENT_SCALARS),
                *entry_findings(entries),
                *value_findings(entry_rows, entries, _ENTRY_SCALARS),
                *image_findings(images),
                *value_findings(image_rows, image_values, _IMAGE_SCALARS, prefix=pl.format("{}.", "where")),
            ]
        ),
        rejected_documents=rejected_documents,
    )


def empty_rejected_documents() -> pl.DataFrame:
    """No rejected documents, with the columns of that table."""
    return TABLES["rejected_documents"].polars_schema.to_frame()


# Documents ----------------------------------------------------------------------------------------------------------


def _documents(raw: pl.DataFrame, values: pl.DataFrame, topics: pl.DataFrame) -> pl.DataFrame:
    topic_counts = topics.group_by("document_id").agg(topic_count=pl.len().cast(pl.Int32))
    own = raw.select(
        "document_id",
        "source_name",
        "path",
        "content_hash",
        "byte_count",
        "body",
        related_count=pl.col("related").list.len().fill_null(0).cast(pl.Int32),
    )
    return (
        pl.concat([own, values], how="horizontal")
        .join(topic_counts, on="document_id", how="left", maintain_order="left")
        .with_columns(pl.col("topic_count").fill_null(0), state=_state())
    )


def _state() -> pl.Expr:
    """State of a document: `head` if published; `folded` if published is false, heat is -1 and it has related entries;
    `suppressed` if published is false otherwise; `unknown` if published is absent."""
    return (
        pl.when(pl.col("is_published"))
        .then(pl.lit("head"))
        .when(pl.col("is_published").is_null())
        .then(pl.lit("unknown"))
        .when((pl.col("heat") == -1) & (pl.col("related_count") > 0))
        .then(pl.lit("folded"))
        .otherwise(pl.lit("suppressed"))
    )


def _without_identity(raw: pl.DataFrame, document_ids: pl.DataFrame) -> pl.DataFrame:
    rows = raw.join(document_ids, on="document_id", how="semi", maintain_order="left")
    return rows.select(
        "source_name",
        "path",
        reason=pl.lit("no_title_or_address"),
        detail=pl.lit("the lead has no title, no webUrl and no originalUrl"),
        line=pl.lit(1, dtype=pl.Int32),
        column_number=pl.lit(1, dtype=pl.Int32),
        byte_count="byte_count",
    )


def _bullets(raw: pl.DataFrame) -> pl.DataFrame:
    """One row per bullet of the topics list that is text, empty ones with a null name: document_id, position (from 1),
    name. A list or a mapping in the place of a bullet went to the unknown keys and left a null in the raw list."""
    return (
        raw.select(
            "document_id", name="topics", position=pl.int_ranges(1, pl.col("topics").list.len() + 1, dtype=pl.Int32)
        )
        .filter(pl.col("name").list.len() > 0)
        .explode("name", "position")
        .filter(pl.col("name").is_not_null())
        .select("document_id", "position", pl.col("name").str.strip_chars())
        .with_columns(name=text_or_null(pl.col("name")))
        .with_columns(normalized_name=pl.col("name").map_batches(normalized, return_dtype=pl.String))
        # A topic without a word, such as an emoji, is compared as it is.
        .with_columns(
            normalized_name=pl.when(pl.col("normalized_name") != "").then("normalized_name").otherwise("name")
        )
    )


# Entries and their images -------------------------------------------------------------------------------------------


def _entry_rows(raw: pl.DataFrame) -> pl.DataFrame:
    """One row per entry as it was read, leads first: document_id, position, line, is_mapping, and the upstream keys."""
    columns = ("document_id", "position", LINE, IS_MAPPING, *RELATED_ENTRY.fields, UNKNOWN_KEYS)
    leads = raw.with_columns(
        pl.lit(0, dtype=pl.Int32).alias("position"),
        pl.lit(1, dtype=pl.Int32).alias(LINE),
        pl.lit(True).alias(IS_MAPPING),
    )
    related = (
        raw.select(
            "document_id", "related", position=pl.int_ranges(1, pl.col("related").list.len() + 1, dtype=pl.Int32)
        )
        .filter(pl.col("related").list.len() > 0)
        .explode("related", "position")
        .unnest("related")
    )
    rows = pl.concat([leads.select(columns), related.select(columns)])
    return _with_bare_addresses(rows)


def _with_bare_addresses(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows with `is_bare`: where an address is in the place of a mapping, it becomes the entry's webUrl."""
    texts = rows.filter(~pl.col(IS_MAPPING) & pl.col(UNKNOWN_KEYS).str.starts_with('"'))[UNKNOWN_KEYS].unique()
    written = pl.Series(map(json.loads, texts), dtype=pl.String)
    is_address = read_addresses(written, pl.Series([None] * len(written), dtype=pl.String))[
        "canonical_url"
    ].is_not_null()
    bare = pl.when(~pl.col(IS_MAPPING)).then(
        pl.col(UNKNOWN_KEYS).replace_strict(
            texts.filter(is_address), written.filter(is_address), default=None, return_dtype=pl.String
        )
    )
    rows = rows.with_columns(bare=bare)
    is_bare = pl.col("bare").is_not_null()
    return rows.with_columns(
        pl.coalesce("bare", "webUrl").alias("webUrl"),
        pl.when(~is_bare).then(UNKNOWN_KEYS).alias(UNKNOWN_KEYS),
        pl.col(IS_MAPPING) | is_bare,
        is_bare=is_bare,
    ).drop("bare")


def _entries(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows with their values typed, and what identifies an article and a provider."""
    values = typed_columns(rows, _ENTRY_SCALARS)
    written_host = host_form(values["provider_domain_raw"])
    web = read_addresses(values["web_url"], written_host)
    original = read_addresses(values["original_url"].set(web["canonical_url"].is_not_null(), None), written_host)
    own = rows.select(
        "document_id",
        "position",
        LINE,
        IS_MAPPING,
        gathered_unknown_keys(rows),
        image_count=pl.col("images")
        .list.eval(code_or_null(pl.element().struct.field("url")).is_not_null().cast(pl.Int32))
        .list.sum()
        .fill_null(0),
    )
    entries = pl.concat([own, values], how="horizontal").with_columns(
        canonical_url=web["canonical_url"].fill_null(original["canonical_url"]),
        url=pl.when(web["canonical_url"].is_not_null())
        .then("web_url")
        .when(original["canonical_url"].is_not_null())
        .then("original_url"),
        web_url_rule=web["rule"],
        original_url_rule=original["rule"],
        is_bare=rows["is_bare"],
        written_host=written_host,
        normalized_title=normalized(values["title"]),
        normalized_excerpt=normalized(values["excerpt"]),
        folded_provider_name=folded_name(values["provider_name_raw"]),
        has_amp=is_address(values["amp_web_url"], written_host) | is_address(values["cdn_amp_web_url"], written_host),
    )
    # What is missing, or holds no word, never makes two things one.
    match_key = pl.concat_str(
        pl.lit(""),
        pl.col("folded_provider_name").replace("", None),
        pl.col("normalized_title").replace("", None),
        pl.col("published_at").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f"),
        separator="|",
    )
    place = pl.format("||{}|{}", "document_id", "position")
    host = pl.col("canonical_url").str.extract("^([^/?#]+)").replace(SAME_SITE)
    # Each in a column of its own: an expression that is used twice is computed twice.
    return entries.with_columns(domain=pl.coalesce("written_host", host), match_key=match_key).with_columns(
        provider_id=key("provider", pl.col("domain").fill_null("")),
        article_id=key("article", pl.coalesce("canonical_url", "match_key", place)),
        match_key=key("match", pl.col("match_key")),
    )


def _image_rows(entry_rows: pl.DataFrame) -> pl.DataFrame:
    """One row per image of an entry or of its provider as it was read: document_id, position and provider_id of the
    entry, is_logo, image_position (from 1), where (`images[1]`), is_mapping, and the upstream keys."""
    lists = pl.concat(
        [
            entry_rows.select(
                "document_id",
                "position",
                "provider_id",
                image=images,
                where=pl.lit(where),
                is_logo=pl.lit(is_logo),
            ).filter(pl.col("image").list.len() > 0)
            for images, where, is_logo in (
                (pl.col("images"), "images", False),
                (pl.col("provider").struct.field("images"), "provider.images", True),
            )
        ]
    )
    return (
        lists.with_columns(image_position=pl.int_ranges(1, pl.col("image").list.len() + 1, dtype=pl.Int32))
        .explode("image", "image_position")
        .unnest("image")
        .with_columns(where=pl.format("{}[{}]", "where", "image_position"))
    )
