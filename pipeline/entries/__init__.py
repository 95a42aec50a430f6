"""The typing pass: nested rows of text become flat, typed frames, shard by shard.

Everything that depends on one document alone happens here: types, canonical URLs, keys, and findings about single
values. What needs to see all documents (identity of entries without address, stories, providers) is in `tables/`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

import polars as pl

from pipeline.entries.findings import finding_frame
from pipeline.entries.identity import canonical_url, folded_name, normalized_title, provider_domain
from pipeline.entries.keys import key
from pipeline.entries.values import booleans, code_or_null, given, instants, integers, text_or_null
from pipeline.schema.tables import TABLES
from pipeline.schema.upstream import DOCUMENT, LINE, RELATED_ENTRY, UNKNOWN_KEYS, ListOf, Record, raw_type

_ENTRY_KEYS = tuple(RELATED_ENTRY.fields)
#: Keys of an entry whose text is no prose: `null` is no value there.
_CODES = ("webUrl", "originalUrl", "ampWebUrl", "cdnAmpWebUrl", "type", "featuredContent")
_IMAGE_TYPE = raw_type(DOCUMENT.fields["images"])


@dataclass(frozen=True)
class Fragment:
    """Typed frames of one shard. Every document of the shard is in `documents` or in `rejected_documents`.

    * `documents`: one row per document, without what its lead says.
    * `entries`: one row per entry, lead (position 0) and related (from 1), with `article_id` by its own address or, in
      its want, by `match_key` (provider name, title, time).
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
    """Typed frames of a shard from its nested frame (`schema.raw_schema`) and what reading rejected.

    Documents whose lead has neither title nor address are rejected here, since blank values are known only now.
    """
    raw = raw.with_columns(document_id=key("document", pl.concat_str("source_name", pl.lit("/"), "path")))
    entries = _typed_entries(raw)
    without_identity = entries.filter(
        (pl.col("position") == 0) & pl.col("title").is_null() & pl.col("canonical_url").is_null()
    ).select("document_id")
    if without_identity.height:
        rejected_documents = pl.concat([rejected_documents, _without_identity(raw, without_identity)])
        raw = raw.join(without_identity, on="document_id", how="anti", maintain_order="left")
        entries = entries.join(without_identity, on="document_id", how="anti", maintain_order="left")
    images = _typed_images(entries)
    topics = _bullets(raw)
    findings = pl.concat(
        [
            *_document_findings(raw, topics),
            *_entry_findings(entries),
            *_image_findings(images),
        ]
    )
    topics = topics.filter(pl.col("name").is_not_null()).unique(
        ["document_id", "name"], keep="first", maintain_order=True
    )
    documents = raw.select(
        "document_id",
        "source_name",
        "path",
        "content_hash",
        "byte_count",
        is_published=booleans(pl.col("published")),
        heat=integers(pl.col("heat")),
        category=code_or_null(pl.col("category")),
        related_count=pl.col("related").list.len().fill_null(0).cast(pl.Int64),
        topic_count=_counted_per_document(raw, topics),
        secured=code_or_null(pl.col("secured")),
        body=pl.col("body"),
    )
    return Fragment(
        documents=documents,
        entries=entries.drop("provider_images", "image_list", "quality_given"),
        images=images.select(
            "document_id",
            "position",
            "image_position",
            "is_logo",
            "provider_id",
            "url",
            "width",
            "height",
            "is_cached",
            "title",
        ).filter(pl.col("url").is_not_null()),
        topics=topics,
        findings=findings,
        rejected_documents=rejected_documents,
    )


# Entries ------------------------------------------------------------------------------------------------------------


def _typed_entries(raw: pl.DataFrame) -> pl.DataFrame:
    leads = raw.select(
        "document_id",
        *_ENTRY_KEYS,
        UNKNOWN_KEYS,
        position=pl.lit(0, dtype=pl.Int32),
        line=pl.lit(1, dtype=pl.Int32),
    )
    related = (
        raw.select(
            "document_id", "related", position=pl.int_ranges(1, pl.col("related").list.len() + 1, dtype=pl.Int32)
        )
        .filter(pl.col("related").list.len() > 0)
        .explode("related", "position")
        .unnest("related")
        .select("document_id", *_ENTRY_KEYS, UNKNOWN_KEYS, "position", LINE)
    )
    rows = pl.concat([leads, related]).with_columns(
        *(code_or_null(pl.col(name)) for name in _CODES),
        provider_name_raw=code_or_null(pl.col("provider").struct.field("name")),
        provider_domain_raw=code_or_null(pl.col("provider").struct.field("domain")),
        provider_images=pl.col("provider").struct.field("images"),
    )
    web = canonical_url(rows["webUrl"])
    original = canonical_url(rows["originalUrl"].set(web.is_not_null(), None))
    entries = rows.select(
        "document_id",
        "position",
        "line",
        "provider_name_raw",
        "provider_domain_raw",
        "provider_images",
        title=text_or_null(pl.col("title")),
        excerpt=text_or_null(pl.col("excerpt")),
        web_url="webUrl",
        original_url="originalUrl",
        amp_web_url="ampWebUrl",
        cdn_amp_web_url="cdnAmpWebUrl",
        media_type="type",
        published_at_raw=text_or_null(pl.col("publishedDateTime")),
        featured_content="featuredContent",
        quality=integers(pl.col("quality")),
        quality_given=given(pl.col("quality")),
        unknown_keys=_hoisted_unknown_keys(rows),
        canonical_url=pl.coalesce(web, original),
        normalized_title=normalized_title(rows["title"]),
        domain=provider_domain(rows["provider_domain_raw"]),
        folded_provider_name=folded_name(rows["provider_name_raw"]),
        image_list=pl.col("images"),
        image_count=pl.col("images")
        .list.eval(code_or_null(pl.element().struct.field("url")).is_not_null().cast(pl.Int64))
        .list.sum()
        .fill_null(0),
    ).with_columns(
        instants(rows["publishedDateTime"]),
        normalized_title=pl.when(pl.col("title").is_not_null()).then("normalized_title"),
        has_amp=pl.col("amp_web_url").is_not_null() | pl.col("cdn_amp_web_url").is_not_null(),
        provider_id=key("provider", pl.col("domain").fill_null("")),
    )
    match_key = pl.concat_str(
        pl.lit(""),
        pl.col("folded_provider_name").fill_null(""),
        pl.col("normalized_title").fill_null(""),
        pl.col("published_at").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f").fill_null(""),
        separator="|",
    )
    return entries.with_columns(
        article_id=key("article", pl.coalesce("canonical_url", match_key)), match_key=key("match", match_key)
    )


def _without_identity(raw: pl.DataFrame, document_ids: pl.DataFrame) -> pl.DataFrame:
    rows = raw.join(document_ids, on="document_id", how="semi", maintain_order="left")
    return rows.select(
        "source_name",
        "path",
        reason=pl.lit("no_title_or_address"),
        detail=pl.lit("the lead has no title, no webUrl and no originalUrl"),
        line=pl.lit(1, dtype=pl.Int32),
        column=pl.lit(1, dtype=pl.Int32),
        byte_count="byte_count",
    )


# Images and topics --------------------------------------------------------------------------------------------------


def _typed_images(entries: pl.DataFrame) -> pl.DataFrame:
    """One row per image of an entry or of its provider, with the texts that were given beside the typed values."""
    lists = pl.concat(
        [
            entries.select("document_id", "position", "provider_id", image=column, is_logo=pl.lit(is_logo)).filter(
                pl.col("image").list.len() > 0
            )
            for column, is_logo in (("image_list", False), ("provider_images", True))
        ]
    )
    rows = (
        lists.with_columns(image_position=pl.int_ranges(1, pl.col("image").list.len() + 1, dtype=pl.Int32))
        .explode("image", "image_position")
        .unnest("image")
    )
    return rows.with_columns(
        url=code_or_null(pl.col("url")),
        title=text_or_null(pl.col("title")),
        width=integers(pl.col("width")),
        height=integers(pl.col("height")),
        is_cached=booleans(pl.col("isCached")),
        width_given=given(pl.col("width")),
        height_given=given(pl.col("height")),
        is_cached_given=given(pl.col("isCached")),
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
    )


def _counted_per_document(raw: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    counts = rows.group_by("document_id").agg(count=pl.len().cast(pl.Int64))
    return (
        raw.select("document_id")
        .join(counts, on="document_id", how="left", maintain_order="left")["count"]
        .fill_null(0)
    )


# Unknown keys -------------------------------------------------------------------------------------------------------


def _hoisted_unknown_keys(rows: pl.DataFrame) -> pl.Series:
    """Unknown keys of each entry including those of its provider and images, as one JSON object; null if none.

    Nearly no document has any, so only the rows that do are taken to Python.
    """

    def any_image(images: pl.Expr) -> pl.Expr:
        return images.list.eval(pl.element().struct.field(UNKNOWN_KEYS).is_not_null()).list.any().fill_null(False)

    nested = (
        pl.col("provider").struct.field(UNKNOWN_KEYS).is_not_null()
        | any_image(pl.col("provider_images"))
        | any_image(pl.col("images"))
    )
    hoisted = rows.select(
        UNKNOWN_KEYS, "provider", "images", nested=nested.fill_null(False), row=pl.int_range(pl.len())
    )
    affected = hoisted.filter("nested")
    if affected.is_empty():
        return rows[UNKNOWN_KEYS]
    texts = [_merged_unknown_keys(row) for row in affected.iter_rows(named=True)]
    return rows[UNKNOWN_KEYS].scatter(affected["row"], texts)


def _merged_unknown_keys(row: dict[str, Any]) -> str:
    def of_images(images: list[dict[str, Any]] | None) -> dict[str, Any]:
        unknown = {
            str(position): json.loads(image[UNKNOWN_KEYS])
            for position, image in enumerate(images or [], start=1)
            if image[UNKNOWN_KEYS] is not None
        }
        return {"images": unknown} if unknown else {}

    merged: dict[str, Any] = json.loads(row[UNKNOWN_KEYS] or "{}")
    if provider := row["provider"]:
        of_provider = json.loads(provider[UNKNOWN_KEYS] or "{}") | of_images(provider["images"])
        if of_provider:
            merged["provider"] = of_provider
    return json.dumps(merged | of_images(row["images"]), ensure_ascii=False)


# Findings about single values ---------------------------------------------------------------------------------------


def _document_findings(raw: pl.DataFrame, topics: pl.DataFrame) -> list[pl.DataFrame]:
    heat, published = pl.col("heat"), pl.col("published")
    whole = raw.with_columns(position=pl.lit(None, dtype=pl.Int32))
    is_folded = (booleans(published) == False) & (pl.col("related").list.len() > 0)  # noqa: E712
    repeated = topics.filter(pl.col("name").is_not_null() & pl.struct("document_id", "name").is_first_distinct().not_())
    no_position = pl.lit(None, dtype=pl.Int32)
    return [
        finding_frame(
            whole.filter(given(heat).is_not_null() & integers(heat).is_null()),
            "not_an_integer",
            pl.format("heat: {} is not an integer", _quoted(heat)),
        ),
        finding_frame(
            whole.filter(given(published).is_not_null() & booleans(published).is_null()),
            "not_a_boolean",
            pl.format("published: {} is neither true nor false", _quoted(published)),
        ),
        finding_frame(
            whole.filter((integers(heat) == -1) & ~is_folded.fill_null(False)),
            "folded_mismatch",
            pl.lit("heat is -1, but the document is not both unpublished and with related entries"),
        ),
        finding_frame(
            topics.filter(pl.col("name").is_null()).with_columns(bullet=pl.col("position"), position=no_position),
            "empty_topic",
            pl.format("topics[{}] is empty", "bullet"),
        ),
        finding_frame(
            repeated.with_columns(bullet=pl.col("position"), position=no_position),
            "repeated_topic",
            pl.format("topics[{}]: {} stands in the list already", "bullet", _quoted(pl.col("name"))),
        ),
    ]


def _entry_findings(entries: pl.DataFrame) -> list[pl.DataFrame]:
    is_mapping = pl.col("unknown_keys").is_null() | pl.col("unknown_keys").str.starts_with("{")
    mappings = entries.filter(is_mapping)
    media_type = pl.col("media_type")
    return [
        finding_frame(
            entries.filter(~is_mapping),
            "entry_not_a_mapping",
            pl.format("the related entry is {}, not key: value pairs", "unknown_keys"),
        ),
        _unknown_key_findings(mappings.filter(pl.col("unknown_keys").is_not_null())),
        finding_frame(mappings.filter(pl.col("title").is_null()), "missing_title", pl.lit("no title")),
        finding_frame(
            mappings.filter(pl.col("canonical_url").is_null()),
            "missing_address",
            pl.lit("neither webUrl nor originalUrl"),
        ),
        finding_frame(mappings.filter(pl.col("domain").is_null()), "missing_provider", pl.lit("no provider domain")),
        finding_frame(
            mappings.filter(given(pl.col("published_at_raw")).is_null()),
            "missing_timestamp",
            pl.lit("no publishedDateTime"),
        ),
        finding_frame(
            mappings.filter(given(pl.col("published_at_raw")).is_not_null() & pl.col("published_at").is_null()),
            "invalid_timestamp",
            pl.format("publishedDateTime: {} is no instant that exists", _quoted(pl.col("published_at_raw"))),
        ),
        finding_frame(
            mappings.filter(pl.col("quality_given").is_not_null() & pl.col("quality").is_null()),
            "not_an_integer",
            pl.format("quality: {} is not an integer", _quoted(pl.col("quality_given"))),
        ),
        finding_frame(
            mappings.filter(media_type.is_not_null() & ~media_type.is_in(["article", "video"])),
            "unknown_media_type",
            pl.format("type: {} is neither article nor video", _quoted(media_type)),
        ),
        finding_frame(mappings.filter(media_type.is_null()), "missing_media_type", pl.lit("no type")),
    ]


def _image_findings(images: pl.DataFrame) -> list[pl.DataFrame]:
    where = pl.concat_str(
        pl.when("is_logo").then(pl.lit("provider.images[")).otherwise(pl.lit("images[")), "image_position", pl.lit("]")
    )
    images = images.with_columns(where=where)
    is_mapping = pl.col(UNKNOWN_KEYS).is_null() | pl.col(UNKNOWN_KEYS).str.starts_with("{")
    findings = [
        finding_frame(
            images.filter(is_mapping & pl.col("url").is_null()), "image_without_url", pl.format("{}: no url", "where")
        ),
        finding_frame(
            images.filter(pl.col("is_cached_given").is_not_null() & pl.col("is_cached").is_null()),
            "not_a_boolean",
            pl.format("{}.isCached: {} is neither true nor false", "where", _quoted(pl.col("is_cached_given"))),
        ),
    ]
    for name in ("width", "height"):
        raw = pl.col(f"{name}_given")
        findings += [
            finding_frame(
                images.filter(raw.is_not_null() & pl.col(name).is_null()),
                "not_an_integer",
                pl.format("{}.{}: {} is not an integer", "where", pl.lit(name), _quoted(raw)),
            ),
            finding_frame(
                images.filter(pl.col(name) < 0),
                "negative_size",
                pl.format("{}.{}: {} is negative", "where", pl.lit(name), name),
            ),
        ]
    return findings


def _unknown_key_findings(entries: pl.DataFrame) -> pl.DataFrame:
    """One row per unknown key (`unknown_key`) and per known key of another shape (`wrong_shape`)."""
    found: list[tuple[str, int, int, str]] = []
    for document_id, position, text in entries.select("document_id", "position", "unknown_keys").iter_rows():
        shape = DOCUMENT if position == 0 else RELATED_ENTRY
        for name, is_known in _paths(shape, json.loads(text), ""):
            rule, detail = (
                ("wrong_shape", "has another shape than expected") if is_known else ("unknown_key", "is not known")
            )
            found.append((rule, document_id, position, f"{name} {detail}; kept in unknown_keys"))
    frame = pl.DataFrame(
        found,
        schema={"rule": pl.String, "document_id": pl.Int64, "position": pl.Int32, "detail": pl.String},
        orient="row",
    )
    return pl.concat(
        [finding_frame(frame.filter(rule=rule), rule, pl.col("detail")) for rule in ("unknown_key", "wrong_shape")]
    )


def _paths(shape: Record, unknown: dict[str, Any], prefix: str) -> list[tuple[str, bool]]:
    """Path of every key in a merged unknown-keys object, and whether the schema knows the key."""
    paths: list[tuple[str, bool]] = []
    for name, value in unknown.items():
        field = shape.fields.get(name)
        if isinstance(field, Record) and isinstance(value, dict):
            paths += _paths(field, value, f"{prefix}{name}.")
        elif isinstance(field, ListOf) and isinstance(value, dict) and all(map(str.isdigit, value)):
            for position, item in value.items():
                path = f"{prefix}{name}[{position}]"
                is_mapping = isinstance(field.item, Record) and isinstance(item, dict)
                paths += _paths(field.item, item, f"{path}.") if is_mapping else [(path, True)]  # type: ignore[arg-type]
        else:
            paths.append((prefix + name, field is not None))
    return paths


def _quoted(text: pl.Expr) -> pl.Expr:
    """A value as a finding shows it: in quotes, cut after 80 characters."""
    shown = pl.when(text.str.len_chars() > 80).then(text.str.slice(0, 80) + "…").otherwise(text)
    return pl.concat_str(pl.lit("'"), shown, pl.lit("'"))


def empty_rejected_documents() -> pl.DataFrame:
    """No rejected documents, with the columns of that table."""
    return TABLES["rejected_documents"].polars_schema.to_frame()
