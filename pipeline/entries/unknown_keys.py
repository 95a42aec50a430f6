"""What the schema does not know of an entry: gathered as one JSON object, and named key by key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from pipeline.schema.upstream import IS_MAPPING, RELATED_ENTRY, UNKNOWN_KEYS, ListOf, Record, Shape


def gathered_unknown_keys(rows: pl.DataFrame) -> pl.Series:
    """Unknown keys of each entry, those of its provider and images included, as one JSON object; null if none.

    What is in a list stands under its place there, from 1. Nearly no document has any, so only the rows that do are
    taken to Python.
    """
    nested = {key: shape for key, shape in RELATED_ENTRY.fields.items() if _record_of(shape) is not None}
    has_any = pl.any_horizontal(_has_unknown_keys(shape, pl.col(key)) for key, shape in nested.items())
    affected = rows.select(UNKNOWN_KEYS, *nested, is_affected=has_any, row=pl.int_range(pl.len())).filter("is_affected")
    if affected.is_empty():
        return rows[UNKNOWN_KEYS]
    texts = [
        json.dumps(_gathered(RELATED_ENTRY, row), ensure_ascii=False)
        for row in affected.drop("is_affected").iter_rows(named=True)
    ]
    return rows[UNKNOWN_KEYS].scatter(affected["row"], texts)


def unknown_key_paths(record: Record, unknown: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, bool]]:
    """The path of every key in gathered unknown keys, as `images[1].alt`, and whether the record has that key."""
    for key, value in unknown.items():
        shape = record.fields.get(key)
        path = prefix + key
        if isinstance(shape, Record) and isinstance(value, dict):
            yield from unknown_key_paths(shape, value, f"{path}.")
        elif isinstance(shape, ListOf) and isinstance(value, dict) and all(map(str.isdigit, value)):
            for place, item in value.items():
                if isinstance(shape.item, Record) and isinstance(item, dict):
                    yield from unknown_key_paths(shape.item, item, f"{path}[{place}].")
                else:
                    yield f"{path}[{place}]", True
        else:
            yield path, shape is not None


def _record_of(shape: Shape) -> Record | None:
    """The mapping that a shape is or lists."""
    inner = shape.item if isinstance(shape, ListOf) else shape
    return inner if isinstance(inner, Record) else None


def _has_unknown_keys(shape: Shape, values: pl.Expr) -> pl.Expr:
    record = _record_of(shape)
    if record is None:
        return pl.lit(False)
    if isinstance(shape, ListOf):
        return values.list.eval(_has_unknown_keys(record, pl.element())).list.any().fill_null(False)
    nested = (_has_unknown_keys(inner, values.struct.field(key)) for key, inner in record.fields.items())
    return pl.any_horizontal(values.struct.field(UNKNOWN_KEYS).is_not_null(), *nested)


def _gathered(record: Record, row: dict[str, Any]) -> Any:
    """Unknown keys of a mapping and of those in it, or what is in its place."""
    own = json.loads(row[UNKNOWN_KEYS] or "{}")
    if row.get(IS_MAPPING) is False:
        return own
    for key, shape in record.fields.items():
        inner = _record_of(shape)
        if inner is None or (value := row[key]) is None:
            continue
        if isinstance(shape, ListOf):
            found = {str(place): _gathered(inner, item) for place, item in enumerate(value, start=1)}
            found = {place: unknown for place, unknown in found.items() if unknown != {}}
        else:
            found = _gathered(inner, value)
        if found:
            own[key] = found
    return own
