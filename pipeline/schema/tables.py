"""Every table of the warehouse: its grain, its key, its order and its columns.

Parquet schemas, validation, DuckDB comments, the Dagster column schemas and the data dictionary are generated from
`TABLES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.schema.columns import COLUMNS, Column


@dataclass(frozen=True)
class Table:
    """One table: what a row is, what identifies it, how the file is sorted, and its columns in order.

    `notes` says what a column means here beyond its one definition; `nullable` names columns that may be null here
    although they are not elsewhere; `holds` names the upstream key that a column of a general name holds here.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    sorted_by: tuple[str, ...]
    column_names: tuple[str, ...]
    notes: Mapping[str, str] = field(default_factory=dict)
    nullable: frozenset[str] = frozenset()
    holds: Mapping[str, str] = field(default_factory=dict)

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

    @property
    def source_keys(self) -> Mapping[str, str]:
        """The upstream key that a column holds, for the columns that hold one."""
        return {column.name: column.source_key for column in self.columns if column.source_key} | dict(self.holds)

    def describe(self, name: str) -> str:
        """Description of one column as it stands in this table."""
        note = self.notes.get(name)
        return f"{COLUMNS[name].description}; {note}" if note else COLUMNS[name].description


#: What an entry says, be it the lead of a document or related to it.
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
    "published_date",
    "published_at_raw",
    "published_at_precision",
    "provider_name_raw",
    "provider_domain_raw",
    "featured_content",
    "unknown_keys",
)


def _tables(*tables: Table) -> dict[str, Table]:
    for table in tables:
        named = {*table.key, *table.sorted_by, *table.notes, *table.nullable, *table.holds}
        if unknown := named - set(table.column_names):
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
        notes={"provider_id": "of the lead", "unknown_keys": "those of related entries are in related_links"},
    ),
    Table(
        "rejected_documents",
        "one row per file that could not become a document",
        key=("source_name", "path"),
        sorted_by=("source_name", "path"),
        column_names=("source_name", "path", "reason", "detail", "line", "column_number", "byte_count"),
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
            "url",
            "title",
            "normalized_title",
            "excerpt",
            "normalized_excerpt",
            "media_type",
            "provider_id",
            "publisher_id",
            "published_at",
            "published_date",
            "published_at_raw",
            "quality",
            "has_amp",
            "image_count",
            "entry_count",
            "document_count",
            "first_document_id",
            "first_position",
        ),
        notes={
            "url": "of the earliest occurrence; null where none is usable",
            "entry_count": "those of copies included",
            "document_count": "without copies",
        },
        nullable=frozenset({"url"}),
    ),
    Table(
        "article_versions",
        "one row per article and published_at: an evergreen page has several",
        key=("article_id", "published_at"),
        sorted_by=("published_at", "article_id"),
        column_names=("article_id", "published_at", "published_date", "title", "provider_id", "entry_count"),
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
        column_names=("provider_id", "domain", "ascii_domain", "name", "kind", "entry_count", "article_count"),
        notes={
            "domain": "null for entries without one",
            "name": "the most frequent one; of a platform the reviewed one",
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
        column_names=("topic_id", "name", "normalized_name", "document_count"),
        holds={"name": "topics"},
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
        notes={"line": "where the entry starts"},
    ),
    Table(
        "images",
        "one row per image address",
        key=("image_id",),
        sorted_by=("image_id",),
        column_names=("image_id", "url", "width", "height", "is_cached", "article_count"),
        notes={"width": "largest seen", "height": "largest seen", "is_cached": "true if it was so anywhere"},
        holds={"url": "images.url"},
    ),
    Table(
        "article_images",
        "one row per article and image of its earliest occurrence",
        key=("article_id", "position"),
        sorted_by=("article_id", "position"),
        column_names=("article_id", "image_id", "position", "title"),
        notes={"position": "here the place in the list of images, from 1", "title": "of the image"},
        holds={"title": "images.title"},
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
            "source_name",
            "document_id",
            "title",
            "state",
            "lead_article_id",
            "lead_provider_id",
            "lead_published_at",
            "lead_published_date",
            "article_count",
            "provider_count",
            "publisher_count",
            "document_count",
            "first_published_at",
            "last_published_at",
        ),
        notes={
            "document_id": "head or representative of the story",
            "state": "of that document",
            "source_name": "of that document",
            "title": "of the lead",
        },
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
            "published_date",
            "document_id",
            "position",
            "membership",
        ),
        notes={
            "published_at": "of the entry kept",
            "document_id": "where the entry kept is",
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
        notes={"kind": "`file_name`, `url`, `copy` or `address_date`"},
    ),
)
