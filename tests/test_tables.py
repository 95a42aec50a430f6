"""The tables, one by one, on documents of a few lines: `pipeline/tables/` but for stories and clocks.

`warehouse` is what those two use as well: small documents through the real reading, typing and table functions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.entries import Fragment, empty_rejected_documents, typed
from pipeline.publish import validate
from pipeline.reading.reader import read_documents
from pipeline.reading.rejections import Limits
from pipeline.schema import TABLES
from pipeline.tables import all_tables

Document = dict[str, Any]
Tables = dict[str, pl.DataFrame]


def fragment_of(documents: Mapping[str, Document]) -> dict[str, pl.DataFrame]:
    """Typed frames by name of documents given as `path` or `source:path` -> front matter, in the order given."""
    contents = [f"---\n{json.dumps(row, ensure_ascii=False)}\n---\n".encode() for row in documents.values()]
    frame, rejections = read_documents(contents, Limits())
    assert rejections == [None] * len(contents)
    places = [name.rpartition(":") for name in documents]
    files = pl.DataFrame(
        {
            "source_name": [source or "feed" for source, _, _ in places],
            "path": [path for _, _, path in places],
            "content_hash": [f"{number:032x}" for number in range(len(places))],
            "byte_count": [len(content) for content in contents],
        }
    )
    fragment = typed(pl.concat([files, frame], how="horizontal"), empty_rejected_documents())
    return {name: getattr(fragment, name) for name in Fragment.names()}


def tables_of(fragment: Mapping[str, pl.DataFrame]) -> Tables:
    """All tables, made in their order, each held against its schema and sorted as it is when published."""
    published: dict[str, pl.LazyFrame] = {}
    tables: Tables = {}
    for name, parts in all_tables([{name: frame.lazy() for name, frame in fragment.items()}], published):
        table = TABLES[name]
        tables[name] = pl.concat(parts).select(table.column_names).sort(*table.sorted_by, nulls_last=True).collect()
        published[name] = tables[name].lazy()
        validate(table, published[name])
    return tables


def warehouse(documents: Mapping[str, Document]) -> Tables:
    """All tables of these documents."""
    return tables_of(fragment_of(documents))
