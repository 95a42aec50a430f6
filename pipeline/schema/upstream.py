"""The shape of an upstream document: which keys it has and what kind of value each holds.

Both readers, the strict subset's grammar and the typing of values are generated from `DOCUMENT`. A new upstream key is
one line here and one in `columns.py`, with the column's name in its table; until a table has such a column, the key is
as unknown as any other and stays in `unknown_keys`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import polars as pl

from pipeline.schema.columns import COLUMNS, Column
from pipeline.schema.tables import TABLES

Kind = Literal["prose", "line", "code", "integer", "boolean", "timestamp"]


@dataclass(frozen=True)
class Scalar:
    """One YAML scalar. It is read as text; `kind` says what `entries/values.py` makes of that text.

    `prose` and `line` are for people: a title may be the word `null`. Prose is kept as written, a line loses white
    space at its ends. So does `code`, which is for machines (an address, a name to compare, a type): the words that
    YAML calls null are no value there.
    """

    kind: Kind


@dataclass(frozen=True)
class ListOf:
    """A YAML sequence whose items all have one shape."""

    item: Scalar | Record


@dataclass(frozen=True)
class Record:
    """A YAML mapping with known keys. `has_line` asks the readers for the line on which the mapping starts."""

    fields: Mapping[str, Scalar | ListOf | Record]
    has_line: bool = False


Shape = Scalar | ListOf | Record

PROSE = Scalar("prose")
ONE_LINE = Scalar("line")
CODE = Scalar("code")
INTEGER = Scalar("integer")
BOOLEAN = Scalar("boolean")
TIMESTAMP = Scalar("timestamp")

_IMAGE = Record({"url": CODE, "width": INTEGER, "height": INTEGER, "isCached": BOOLEAN, "title": ONE_LINE})
_PROVIDER = Record({"name": CODE, "domain": CODE, "images": ListOf(_IMAGE)})
_ENTRY: dict[str, Shape] = {
    "title": ONE_LINE,
    "excerpt": PROSE,
    "publishedDateTime": TIMESTAMP,
    "originalUrl": CODE,
    "webUrl": CODE,
    "ampWebUrl": CODE,
    "cdnAmpWebUrl": CODE,
    "type": CODE,
    "provider": _PROVIDER,
    "quality": INTEGER,
    "images": ListOf(_IMAGE),
    "featuredContent": CODE,
}
#: Every key that upstream is known to write.
DECLARED = Record(
    {
        "category": CODE,
        **_ENTRY,
        "heat": INTEGER,
        "published": BOOLEAN,
        "topics": ListOf(ONE_LINE),
        "related": ListOf(Record(_ENTRY, has_line=True)),
        "secured": CODE,
    }
)


def held(declared: Record) -> Record:
    """The shape of a document without the keys that no table has a column for.

    The path of a key within a list starts at that list, wherever the list is: `images.url`.
    """
    keys = {
        *(key for table in TABLES if table != "related_links" for key in _keys(table)),
        *(f"related.{key}" for key in _keys("related_links")),
    }
    shape = _held(declared, keys, "")
    assert isinstance(shape, Record)
    return shape


def _keys(table: str) -> Iterable[str]:
    return TABLES[table].source_keys.values()


def _held(shape: Shape, keys: Set[str], path: str) -> Shape | None:
    if isinstance(shape, Scalar):
        return shape if path in keys else None
    if isinstance(shape, ListOf):
        item = _held(shape.item, keys, path.rpartition(".")[2])
        return ListOf(item) if isinstance(item, Scalar | Record) else None
    fields = {key: _held(inner, keys, f"{path}.{key}".lstrip(".")) for key, inner in shape.fields.items()}
    known = {key: inner for key, inner in fields.items() if inner is not None}
    return replace(shape, fields=known) if known else None


def items(record: Record, key: str) -> Record:
    """The shape of the mappings in a list."""
    shape = record.fields[key]
    assert isinstance(shape, ListOf)
    assert isinstance(shape.item, Record)
    return shape.item


DOCUMENT = held(DECLARED)
RELATED_ENTRY = items(DOCUMENT, "related")
IMAGE = items(RELATED_ENTRY, "images")


class HeldScalar(NamedTuple):
    """A column, and the scalar that it holds: its path in a record (`provider.name`) and its kind."""

    column: Column
    key: str
    kind: Kind


def held_scalars(record: Record, *tables: str, prefix: str = "") -> list[HeldScalar]:
    """The columns of these tables that hold a scalar of a record, or of a record in it; `prefix` is the record's own
    path in their source keys."""
    kinds = _kinds(record, prefix)
    keys = {name: key for table in tables for name, key in TABLES[table].source_keys.items() if key in kinds}
    return [HeldScalar(COLUMNS[name], key.removeprefix(prefix), kinds[key]) for name, key in keys.items()]


def _kinds(record: Record, prefix: str) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for key, shape in record.fields.items():
        if isinstance(shape, Scalar):
            kinds[prefix + key] = shape.kind
        elif isinstance(shape, Record):
            kinds |= _kinds(shape, f"{prefix}{key}.")
    return kinds


#: What YAML calls null, for values that are not prose. A title `null` is a title, an address `null` is none.
NULL_WORDS = ("", "~", "null", "Null", "NULL")
UNKNOWN_KEYS = "unknown_keys"
IS_MAPPING = "is_mapping"
LINE = "line"


def raw_type(shape: Shape) -> pl.DataType:
    """Polars type of a shape as both readers deliver it: every scalar is text, every mapping a struct.

    After its known keys each struct has `unknown_keys`: a JSON object of what the shape does not know, else null. The
    items of a list have `is_mapping`, too: where it is false, something else is in the place of a mapping, and
    `unknown_keys` is the JSON of that. Where the shape asks, `line` comes last.
    """
    if isinstance(shape, Scalar):
        return pl.String()
    if isinstance(shape, ListOf):
        return pl.List(_struct(shape.item, is_item=True) if isinstance(shape.item, Record) else pl.String())
    return _struct(shape)


def _struct(record: Record, is_item: bool = False) -> pl.Struct:
    fields: dict[str, pl.DataType] = {key: raw_type(value) for key, value in record.fields.items()}
    fields[UNKNOWN_KEYS] = pl.String()
    if is_item:
        fields[IS_MAPPING] = pl.Boolean()
    if record.has_line:
        fields[LINE] = pl.Int32()
    return pl.Struct(fields)


def raw_schema() -> pl.Schema:
    """Schema of the nested frame that a reader returns: one row per document, all scalars as text."""
    return pl.Schema(
        {
            "source_name": pl.String(),
            "path": pl.String(),
            "content_hash": pl.String(),
            "byte_count": pl.Int64(),
            **{item.name: item.dtype for item in _struct(DOCUMENT).fields},
            "body": pl.String(),
        }
    )
