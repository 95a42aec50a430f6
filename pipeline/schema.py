"""Every column and every table of the warehouse, defined once.

Two descriptions live here and nowhere else:

* `DOCUMENT`, the shape of an upstream document: which keys it has and what kind of value each holds. Both readers, the
  recognizer's gate and the typing pass are generated from it; a new upstream key is one new line here.
* `TABLES`, the warehouse: grain, key and columns of every table. Parquet schemas, validation, DuckDB comments, the
  Dagster column schemas and the data dictionary are generated from it.

What does not belong here: how a value is computed (`tables/`), what a view answers (`sql/`).
"""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

# --------------------------------------------------------------------------------------------------------------------
# The upstream document
# --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scalar:
    """One YAML scalar. It is read as text; `kind` says what the typing pass makes of that text."""

    kind: Literal["text", "integer", "boolean", "timestamp"]


@dataclass(frozen=True)
class ListOf:
    """A YAML sequence whose items all have one shape."""

    item: Scalar | Mapping


@dataclass(frozen=True)
class Mapping:
    """A YAML mapping with known keys. `has_line` asks the readers for the line on which the mapping begins."""

    fields: MappingABC[str, Scalar | ListOf | Mapping]
    has_line: bool = False


Shape = Scalar | ListOf | Mapping

TEXT = Scalar("text")
INTEGER = Scalar("integer")
BOOLEAN = Scalar("boolean")
TIMESTAMP = Scalar("timestamp")

IMAGE = Mapping({"url": TEXT, "width": INTEGER, "height": INTEGER, "isCached": BOOLEAN, "title": TEXT})
PROVIDER = Mapping({"name": TEXT, "domain": TEXT, "images": ListOf(IMAGE)})

_ENTRY: dict[str, Shape] = {
    "title": TEXT,
    "excerpt": TEXT,
    "publishedDateTime": TIMESTAMP,
    "originalUrl": TEXT,
    "webUrl": TEXT,
    "ampWebUrl": TEXT,
    "cdnAmpWebUrl": TEXT,
    "type": TEXT,
    "provider": PROVIDER,
    "quality": INTEGER,
    "images": ListOf(IMAGE),
    "featuredContent": TEXT,
}
RELATED_ENTRY = Mapping(_ENTRY, has_line=True)
DOCUMENT = Mapping(
    {
        "category": TEXT,
        **_ENTRY,
        "heat": INTEGER,
        "published": BOOLEAN,
        "topics": ListOf(TEXT),
        "related": ListOf(RELATED_ENTRY),
        "secured": TEXT,
    }
)

UNKNOWN_KEYS = "unknown_keys"
LINE = "line"


def raw_type(shape: Shape) -> pl.DataType:
    """Polars type of a shape as both readers deliver it: every scalar is text, every mapping a struct.

    Each struct has, after its known keys, `unknown_keys` (a JSON object of what the shape does not know, else null;
    any other JSON value where a mapping was expected and something else stood) and, where the shape asks, `line`.
    """
    if isinstance(shape, Scalar):
        return pl.String()
    if isinstance(shape, ListOf):
        return pl.List(raw_type(shape.item))
    fields: dict[str, pl.DataType] = {key: raw_type(value) for key, value in shape.fields.items()}
    fields[UNKNOWN_KEYS] = pl.String()
    if shape.has_line:
        fields[LINE] = pl.Int32()
    return pl.Struct(fields)


def raw_schema() -> pl.Schema:
    """Schema of the nested frame that a reader returns: one row per document, all scalars as text."""
    document = raw_type(DOCUMENT)
    assert isinstance(document, pl.Struct)
    return pl.Schema(
        {
            "source_name": pl.String(),
            "path": pl.String(),
            "content_hash": pl.String(),
            "byte_count": pl.Int64(),
            **{item.name: item.dtype for item in document.fields},
            "body": pl.String(),
        }
    )


# --------------------------------------------------------------------------------------------------------------------
# The warehouse
# --------------------------------------------------------------------------------------------------------------------

TIMESTAMP_TYPE = pl.Datetime("us")
BOOLEAN_TYPE = pl.Boolean()
DOUBLE_TYPE = pl.Float64()
INTEGER_TYPE = pl.Int64()
SMALL_TYPE = pl.Int32()
TEXT_TYPE = pl.String()
#: The types as DuckDB names them.
SQL_TYPES: MappingABC[pl.DataType, str] = {
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
    """One column name, one meaning. `source_key` is the upstream key whose text it holds, if it holds one."""

    name: str
    type: pl.DataType
    description: str
    is_nullable: bool = False
    source_key: str | None = None


@dataclass(frozen=True)
class Table:
    """One table: what a row is, what identifies it, how the file is sorted, and its columns in order.

    `notes` holds what a column means here beyond its one definition; `nullable` names columns that may be null here
    although they are not elsewhere.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    sorted_by: tuple[str, ...]
    column_names: tuple[str, ...]
    notes: MappingABC[str, str] = field(default_factory=dict)
    nullable: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(COLUMNS[name] for name in self.column_names)

    @property
    def polars_schema(self) -> pl.Schema:
        return pl.Schema({column.name: column.type for column in self.columns})

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that are never null in this table."""
        return tuple(c.name for c in self.columns if not c.is_nullable and c.name not in self.nullable)

    def describe(self, name: str) -> str:
        """Description of one column as it stands in this table."""
        note = self.notes.get(name)
        return f"{COLUMNS[name].description}; {note}" if note else COLUMNS[name].description


def _columns(*columns: Column) -> dict[str, Column]:
    by_name = {column.name: column for column in columns}
    if len(by_name) != len(columns):
        raise ValueError("a column is defined twice")
    return by_name


COLUMNS: dict[str, Column] = _columns(
    # Keys: 64 bits from the natural key, see keys.py.
    Column("document_id", INTEGER_TYPE, "key of the document: source name and path"),
    Column("article_id", INTEGER_TYPE, "key of the article: its canonical URL, else provider name, title and time"),
    Column("lead_article_id", INTEGER_TYPE, "article that leads the document or story"),
    Column("original_article_id", INTEGER_TYPE, "earliest article among the copies"),
    Column("provider_id", INTEGER_TYPE, "key of the provider: its host domain"),
    Column("lead_provider_id", INTEGER_TYPE, "provider of the lead article"),
    Column("publisher_id", INTEGER_TYPE, "key of the publisher: who wrote it, whatever the host"),
    Column("topic_id", INTEGER_TYPE, "key of the topic: its name"),
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
    Column("column", SMALL_TYPE, "column of that line, from 1", is_nullable=True),
    Column("file_count", INTEGER_TYPE, "files that are not passed over"),
    Column("rejected_count", INTEGER_TYPE, "files that could not become a document"),
    Column("passed_over_count", INTEGER_TYPE, "hidden files, linked folders, README and LICENSE files, not read"),
    # What upstream says.
    Column("category", TEXT_TYPE, "upstream category, `news` so far", True, "category"),
    Column("title", TEXT_TYPE, "title as written", True, "title"),
    Column("excerpt", TEXT_TYPE, "excerpt as written, often cut with an ellipsis", True, "excerpt"),
    Column("media_type", TEXT_TYPE, "`article` or `video`; any other value is kept and reported", True, "type"),
    Column(
        "quality", INTEGER_TYPE, "upstream quality score, about 0 to 190; null when absent, never 0", True, "quality"
    ),
    Column("heat", INTEGER_TYPE, "upstream heat of the story; -1 marks a folded document", True, "heat"),
    Column("is_published", BOOLEAN_TYPE, "upstream `published`; null when absent", True, "published"),
    Column(
        "published_at", TIMESTAMP_TYPE, "instant of publication, UTC; null when unusable", True, "publishedDateTime"
    ),
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
    Column("state", TEXT_TYPE, "`head`, `folded`, `suppressed` or `unknown`, from published, heat and related"),
    Column("related_count", INTEGER_TYPE, "entries of the related list"),
    Column("topic_count", INTEGER_TYPE, "distinct topics, empty bullets left out"),
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
    Column("normalized_title", TEXT_TYPE, "title unescaped, NFKC, case-folded, words joined by one blank", True),
    Column("has_amp", BOOLEAN_TYPE, "has an AMP or AMP cache address"),
    Column("image_count", INTEGER_TYPE, "images with an address"),
    Column("entry_count", INTEGER_TYPE, "entries, repeats included: leads and related entries as written"),
    Column("document_count", INTEGER_TYPE, "distinct documents"),
    Column("article_count", INTEGER_TYPE, "distinct articles, each once"),
    Column("provider_count", INTEGER_TYPE, "distinct providers"),
    Column("publisher_count", INTEGER_TYPE, "distinct publishers"),
    Column("url", TEXT_TYPE, "address as written"),
    Column("kind", TEXT_TYPE, "which kind of thing the row is"),
    # Providers, publishers, topics, images.
    Column("domain", TEXT_TYPE, "host domain, lower case, without `www.`", True),
    Column("name", TEXT_TYPE, "name as people read it"),
    Column("publisher_key", TEXT_TYPE, "a domain, or `name:` and the name folded to alphanumerics"),
    Column("first_published_at", TIMESTAMP_TYPE, "earliest publication, UTC", True),
    Column("last_published_at", TIMESTAMP_TYPE, "latest publication, UTC", True),
    Column("width", INTEGER_TYPE, "width in pixels", True, "images.width"),
    Column("height", INTEGER_TYPE, "height in pixels", True, "images.height"),
    Column("is_cached", BOOLEAN_TYPE, "upstream keeps a copy", True, "images.isCached"),
    # Stories and clocks.
    Column("lead_published_at", TIMESTAMP_TYPE, "instant of the lead article's publication, UTC", True),
    Column(
        "membership", TEXT_TYPE, "`lead`, `listed` in its list, or lead of a `folded` document assigned to the story"
    ),
    Column("from_date", pl.Date(), "first day of the period, UTC; null = open", True),
    Column("to_date", pl.Date(), "last day of the period, UTC; null = open", True),
    Column("offset_hours", DOUBLE_TYPE, "how far the written clock is ahead of UTC by this evidence, in hours", True),
)

_WRITTEN_ENTRY = (
    "title",
    "excerpt",
    "web_url",
    "original_url",
    "amp_web_url",
    "cdn_amp_web_url",
    "media_type",
    "quality",
    "published_at",
    "published_at_raw",
    "published_at_precision",
    "provider_name_raw",
    "provider_domain_raw",
    "featured_content",
    "unknown_keys",
)


def _tables(*tables: Table) -> dict[str, Table]:
    for table in tables:
        if unknown := (set(table.key) | set(table.sorted_by) | set(table.notes) | table.nullable) - set(
            table.column_names
        ):
            raise ValueError(f"{table.name} names columns that it does not have: {sorted(unknown)}")
    return {table.name: table for table in tables}


TABLES: dict[str, Table] = _tables(
    Table(
        "sources",
        "one row per source of documents",
        key=("source_name",),
        sorted_by=("source_name",),
        column_names=("source_name", "file_count", "document_count", "rejected_count", "passed_over_count"),
        notes={"document_count": "read from it"},
    ),
    Table(
        "documents",
        "one row per document, that is per file that could be read",
        key=("document_id",),
        sorted_by=("published_at", "document_id"),
        column_names=(
            "document_id",
            "source_name",
            "path",
            "content_hash",
            "byte_count",
            "state",
            "is_published",
            "heat",
            "category",
            "lead_article_id",
            "provider_id",
            "story_id",
            "related_count",
            "topic_count",
            *_WRITTEN_ENTRY,
            "secured",
            "body",
        ),
        notes={"provider_id": "of the lead", "unknown_keys": "those of related entries stand in related_links"},
    ),
    Table(
        "rejected_documents",
        "one row per file that could not become a document",
        key=("source_name", "path"),
        sorted_by=("source_name", "path"),
        column_names=("source_name", "path", "reason", "detail", "line", "column", "byte_count"),
    ),
    Table(
        "findings",
        "one row per data-quality finding",
        key=(),
        sorted_by=("rule", "document_id", "position", "detail"),
        column_names=("rule", "severity", "document_id", "position", "detail"),
        notes={"position": "null = the document as a whole"},
        nullable=frozenset({"position"}),
    ),
    Table(
        "articles",
        "one row per distinct article; values from its earliest occurrence",
        key=("article_id",),
        sorted_by=("published_at", "article_id"),
        column_names=(
            "article_id",
            "canonical_url",
            "title",
            "normalized_title",
            "excerpt",
            "media_type",
            "provider_id",
            "publisher_id",
            "published_at",
            "published_at_raw",
            "quality",
            "has_amp",
            "image_count",
            "entry_count",
            "document_count",
            "first_document_id",
            "first_position",
        ),
    ),
    Table(
        "article_versions",
        "one row per article and published_at: an evergreen page has several",
        key=("article_id", "published_at"),
        sorted_by=("published_at", "article_id"),
        column_names=("article_id", "published_at", "title", "provider_id", "entry_count"),
    ),
    Table(
        "article_urls",
        "one row per article and address as written",
        key=("article_id", "url", "kind"),
        sorted_by=("article_id", "kind", "url"),
        column_names=("article_id", "url", "kind", "entry_count"),
        notes={"kind": "`web`, `original`, `amp` or `cdn_amp`"},
    ),
    Table(
        "providers",
        "one row per host domain",
        key=("provider_id",),
        sorted_by=("domain", "provider_id"),
        column_names=("provider_id", "domain", "name", "kind", "entry_count", "article_count"),
        notes={
            "domain": "null for entries without one",
            "name": "the most frequent one",
            "kind": "`publisher` or `platform`, which carries the work of many publishers",
        },
    ),
    Table(
        "provider_names",
        "one row per provider and name as written",
        key=("provider_id", "name"),
        sorted_by=("provider_id", "name"),
        column_names=("provider_id", "name", "entry_count", "first_published_at", "last_published_at"),
        nullable=frozenset({"name"}),
    ),
    Table(
        "publishers",
        "one row per publisher: who wrote it, whatever the host",
        key=("publisher_id",),
        sorted_by=("publisher_key",),
        column_names=("publisher_id", "publisher_key", "name", "domain"),
        notes={"domain": "null for a publisher known by name only"},
    ),
    Table(
        "topics",
        "one row per topic",
        key=("topic_id",),
        sorted_by=("name",),
        column_names=("topic_id", "name", "document_count"),
    ),
    Table(
        "document_topics",
        "one row per document and topic",
        key=("document_id", "topic_id"),
        sorted_by=("document_id", "position"),
        column_names=("document_id", "topic_id", "position"),
        notes={"position": "here the place in the document's list of topics, from 1 as written"},
    ),
    Table(
        "related_links",
        "one row per entry of a related list, as written",
        key=("document_id", "position"),
        sorted_by=("document_id", "position"),
        column_names=(
            "document_id",
            "position",
            "line",
            "article_id",
            "lead_article_id",
            "provider_id",
            "lag_seconds",
            "is_self_link",
            "is_repeat",
            *_WRITTEN_ENTRY,
        ),
        notes={"line": "where the entry begins"},
    ),
    Table(
        "images",
        "one row per image address",
        key=("image_id",),
        sorted_by=("image_id",),
        column_names=("image_id", "url", "width", "height", "is_cached", "article_count"),
        notes={"width": "largest seen", "height": "largest seen", "is_cached": "true if it was so anywhere"},
    ),
    Table(
        "article_images",
        "one row per article and image of its earliest occurrence",
        key=("article_id", "position"),
        sorted_by=("article_id", "position"),
        column_names=("article_id", "image_id", "position", "title"),
        notes={"position": "here the place in the list of images, from 1", "title": "of the image"},
    ),
    Table(
        "provider_images",
        "one row per provider and logo",
        key=("provider_id", "image_id"),
        sorted_by=("provider_id", "image_id"),
        column_names=("provider_id", "image_id", "entry_count"),
    ),
    Table(
        "stories",
        "one row per story",
        key=("story_id",),
        sorted_by=("lead_published_at", "story_id"),
        column_names=(
            "story_id",
            "document_id",
            "state",
            "lead_article_id",
            "lead_provider_id",
            "lead_published_at",
            "article_count",
            "provider_count",
            "publisher_count",
            "document_count",
            "first_published_at",
            "last_published_at",
        ),
        notes={"document_id": "head or representative of the story", "state": "of that document"},
    ),
    Table(
        "story_articles",
        "one row per story and article",
        key=("story_id", "article_id"),
        sorted_by=("story_id", "article_id"),
        column_names=(
            "story_id",
            "article_id",
            "provider_id",
            "publisher_id",
            "published_at",
            "document_id",
            "position",
            "membership",
        ),
        notes={
            "published_at": "of the entry kept",
            "document_id": "where the entry kept stands",
            "provider_id": "of the entry kept",
        },
    ),
    Table(
        "clock_offsets",
        "one row per correction of a provider's clock that was applied; none unless users set them",
        key=("domain", "from_date"),
        sorted_by=("domain", "from_date"),
        column_names=("domain", "from_date", "to_date", "offset_hours", "detail"),
        notes={"offset_hours": "subtracted from the times written", "detail": "as given in the data file"},
        nullable=frozenset({"from_date"}),
    ),
    Table(
        "clock_evidence",
        "one row per piece of evidence about a provider's clock",
        key=(),
        sorted_by=("kind", "document_id", "article_id", "detail"),
        column_names=("kind", "provider_id", "document_id", "article_id", "offset_hours", "detail"),
        notes={"kind": "`file_name`, `url` or `copy`"},
    ),
)
