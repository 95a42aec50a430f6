"""The shape of an upstream document: which keys it has and what kind of value each holds.

Both readers, the strict subset's grammar and the typing pass are generated from `DOCUMENT`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl


@dataclass(frozen=True)
class Scalar:
    """One YAML scalar. It is read as text; `kind` says what the typing pass makes of that text."""

    kind: Literal["text", "integer", "boolean", "timestamp"]


@dataclass(frozen=True)
class ListOf:
    """A YAML sequence whose items all have one shape."""

    item: Scalar | Record


@dataclass(frozen=True)
class Record:
    """A YAML mapping with known keys. `has_line` asks the readers for the line on which the mapping begins."""

    fields: Mapping[str, Scalar | ListOf | Record]
    has_line: bool = False


Shape = Scalar | ListOf | Record

TEXT = Scalar("text")
INTEGER = Scalar("integer")
BOOLEAN = Scalar("boolean")
TIMESTAMP = Scalar("timestamp")

IMAGE = Record({"url": TEXT, "width": INTEGER, "height": INTEGER, "isCached": BOOLEAN, "title": TEXT})
PROVIDER = Record({"name": TEXT, "domain": TEXT, "images": ListOf(IMAGE)})

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
RELATED_ENTRY = Record(_ENTRY, has_line=True)
DOCUMENT = Record(
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

#: What YAML calls null, for values that are not prose. A title `null` is a title, an address `null` is none.
NULL_WORDS = ("", "~", "null", "Null", "NULL")
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
