"""Every column of the warehouse, defined once: its type, what it means, and the upstream key that it holds.

What does not belong here: how a value is computed (`tables/`), what a view answers (`sql/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

TIMESTAMP_TYPE = pl.Datetime("us")
BOOLEAN_TYPE = pl.Boolean()
DOUBLE_TYPE = pl.Float64()
INTEGER_TYPE = pl.Int64()
SMALL_TYPE = pl.Int32()
TEXT_TYPE = pl.String()
#: The types as DuckDB names them.
SQL_TYPES: Mapping[pl.DataType, str] = {
    INTEGER_TYPE: "bigint",
    SMALL_TYPE: "integer",
    DOUBLE_TYPE: "double",
    BOOLEAN_TYPE: "boolean",
    TEXT_TYPE: "varchar",
    pl.Date(): "date",
    TIMESTAMP_TYPE: "timestamp",
}


@dataclass(frozen=True)
class Column:
    """One column name, one meaning. `source_key` is the path of the upstream key that it holds, if it holds one."""

    name: str
    type: pl.DataType
    description: str
    is_nullable: bool = False
    source_key: str | None = None


def _columns(*columns: Column) -> dict[str, Column]:
    by_name = {column.name: column for column in columns}
    if len(by_name) != len(columns):
        raise ValueError("a column is defined twice")
    return by_name


COLUMNS: dict[str, Column] = _columns(
    # Keys: 64 bits from the natural key, see entries/keys.py.
    Column("document_id", INTEGER_TYPE, "key of the document: source name and path"),
    Column(
        "article_id",
        INTEGER_TYPE,
        "key of the article: its canonical URL, else provider name, title and time, else its place",
    ),
    Column("lead_article_id", INTEGER_TYPE, "article that leads the document or story"),
    Column("original_article_id", INTEGER_TYPE, "earliest article among the copies"),
    Column("provider_id", INTEGER_TYPE, "key of the provider: its host domain"),
    Column("lead_provider_id", INTEGER_TYPE, "provider of the lead article"),
    Column("publisher_id", INTEGER_TYPE, "key of the publisher: who wrote it, whatever the host"),
    Column("topic_id", INTEGER_TYPE, "key of the topic: its normalized name"),
    Column("image_id", INTEGER_TYPE, "key of the image: its URL"),
    Column("story_id", INTEGER_TYPE, "key of the story: its head or representative document"),
    Column("first_document_id", INTEGER_TYPE, "document of the article's earliest occurrence"),
    # Where a row comes from.
    Column("source_name", TEXT_TYPE, "name of the source that the file was read from"),
    Column("path", TEXT_TYPE, "path of the file inside its source, with forward slashes"),
    Column("content_hash", TEXT_TYPE, "XXH3 128-bit hash of the file's bytes, 32 hexadecimal digits"),
    Column("byte_count", INTEGER_TYPE, "size of the file in bytes", is_nullable=True),
    Column("position", SMALL_TYPE, "place in the document: 0 = lead, related entries from 1 in the order written"),
    Column("first_position", SMALL_TYPE, "place of the earliest occurrence in its document: 0 = lead"),
    Column("line", SMALL_TYPE, "line of the file, from 1", is_nullable=True),
    Column("column_number", SMALL_TYPE, "column of that line, from 1", is_nullable=True),
    Column("file_count", SMALL_TYPE, "files that are not passed over"),
    Column("rejected_count", SMALL_TYPE, "files that could not become a document"),
    Column(
        "passed_over_count",
        SMALL_TYPE,
        "hidden files, linked folders, README and LICENSE files, warehouses; not read",
    ),
    # What upstream says.
    Column("category", TEXT_TYPE, "upstream category, `news` so far", True, "category"),
    Column("title", TEXT_TYPE, "title as written", True, "title"),
    Column("excerpt", TEXT_TYPE, "excerpt as written, often cut with an ellipsis", True, "excerpt"),
    Column("media_type", TEXT_TYPE, "`article` or `video`; any other value is kept and reported", True, "type"),
    Column("quality", SMALL_TYPE, "upstream quality score, about 0 to 190; null when absent, never 0", True, "quality"),
    Column("heat", SMALL_TYPE, "upstream heat of the story; -1 marks a folded document", True, "heat"),
    Column("is_published", BOOLEAN_TYPE, "upstream `published`; null when absent", True, "published"),
    Column(
        "published_at",
        TIMESTAMP_TYPE,
        "instant of publication, UTC; null unless one is known",
        True,
        "publishedDateTime",
    ),
    Column("published_date", pl.Date(), "day of publication, UTC; known also where only the day is written", True),
    Column("published_at_raw", TEXT_TYPE, "time of publication as written", True, "publishedDateTime"),
    Column("published_at_precision", TEXT_TYPE, "what is written: `second`, `minute`, `hour` or `day`", True),
    Column("web_url", TEXT_TYPE, "address as written", True, "webUrl"),
    Column("original_url", TEXT_TYPE, "original address as written", True, "originalUrl"),
    Column("amp_web_url", TEXT_TYPE, "AMP address as written", True, "ampWebUrl"),
    Column("cdn_amp_web_url", TEXT_TYPE, "AMP cache address as written", True, "cdnAmpWebUrl"),
    Column("provider_name_raw", TEXT_TYPE, "provider name as written", True, "provider.name"),
    Column("provider_domain_raw", TEXT_TYPE, "provider domain as written", True, "provider.domain"),
    Column("featured_content", TEXT_TYPE, "HTML embed of a video", True, "featuredContent"),
    Column("secured", TEXT_TYPE, "opaque encrypted body; never shown in views or dashboards", True, "secured"),
    Column("body", TEXT_TYPE, "text after the front matter; null when blank", True),
    Column("unknown_keys", TEXT_TYPE, "JSON of what the schema does not know, or knows in another shape", True),
    # Documents.
    Column(
        "state",
        TEXT_TYPE,
        "`copy`, `head`, `folded`, `suppressed` or `unknown`, from content, published, heat and related",
    ),
    Column("related_count", SMALL_TYPE, "entries of the related list"),
    Column("topic_count", SMALL_TYPE, "distinct topics, empty bullets left out"),
    Column("lag_seconds", INTEGER_TYPE, "published_at minus the lead's, signed; negative = it came first", True),
    Column("is_self_link", BOOLEAN_TYPE, "the entry is the document's own lead article"),
    Column("is_repeat", BOOLEAN_TYPE, "an earlier entry of the document, its lead included, is the same article"),
    # Rejected documents and findings.
    Column("reason", TEXT_TYPE, "stable code of why the file was rejected"),
    Column("detail", TEXT_TYPE, "a sentence about this case", True),
    Column("rule", TEXT_TYPE, "stable code of the data-quality rule"),
    Column("severity", TEXT_TYPE, "`warning`: a value was unusable or is doubtful; `info`: worth knowing"),
    # Articles.
    Column("canonical_url", TEXT_TYPE, "address without what does not identify; null without an address", True),
    Column("normalized_title", TEXT_TYPE, "title as it is compared and searched: words, see `normalized`", True),
    Column("normalized_excerpt", TEXT_TYPE, "excerpt as it is searched: words, see `normalized`", True),
    Column("has_amp", BOOLEAN_TYPE, "has an AMP or AMP cache address"),
    Column("image_count", SMALL_TYPE, "images with an address"),
    Column("entry_count", SMALL_TYPE, "entries, repeats included: leads and related entries as written"),
    Column("document_count", SMALL_TYPE, "distinct documents"),
    Column("article_count", SMALL_TYPE, "distinct articles, each once"),
    Column("provider_count", SMALL_TYPE, "distinct providers"),
    Column("publisher_count", SMALL_TYPE, "distinct publishers"),
    Column("url", TEXT_TYPE, "address as written"),
    Column("kind", TEXT_TYPE, "which kind of thing the row is"),
    # Providers, publishers, topics, images.
    Column("domain", TEXT_TYPE, "host in its one form: lower case, Unicode, without `www.`", True),
    Column("ascii_domain", TEXT_TYPE, "the domain as the DNS has it: punycode where it is not ASCII", True),
    Column("name", TEXT_TYPE, "name as people read it"),
    Column("normalized_name", TEXT_TYPE, "name as it is compared: words, see `normalized`"),
    Column("publisher_key", TEXT_TYPE, "a domain, or `name:` and the name folded to alphanumerics"),
    Column("first_published_at", TIMESTAMP_TYPE, "earliest publication, UTC", True),
    Column("last_published_at", TIMESTAMP_TYPE, "latest publication, UTC", True),
    Column("width", SMALL_TYPE, "width in pixels", True, "images.width"),
    Column("height", SMALL_TYPE, "height in pixels", True, "images.height"),
    Column("is_cached", BOOLEAN_TYPE, "upstream keeps a copy", True, "images.isCached"),
    # Stories and clocks.
    Column("lead_published_at", TIMESTAMP_TYPE, "instant of the lead article's publication, UTC", True),
    Column("lead_published_date", pl.Date(), "day of the lead article's publication, UTC", True),
    Column(
        "membership", TEXT_TYPE, "`lead`, `listed` in its list, or lead of a `folded` document assigned to the story"
    ),
    Column("from_date", pl.Date(), "first day of the period, UTC; null = open", True),
    Column("to_date", pl.Date(), "last day of the period, UTC; null = open", True),
    Column("offset_hours", DOUBLE_TYPE, "how far the written clock is ahead of UTC by this evidence, in hours", True),
)
