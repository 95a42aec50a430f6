"""Documents of a few lines, and the tables that the real reading, typing and table functions make of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import duckdb
import polars as pl
import xxhash

from pipeline.entries import Fragment, empty_rejected_documents, typed
from pipeline.reading import read_documents
from pipeline.schema.tables import TABLES
from pipeline.schema.upstream import raw_schema
from pipeline.settings import Limits
from pipeline.tables import Inputs, make_tables
from pipeline.tables.steps import Parts
from pipeline.warehouse.parquet import validate
from pipeline.warehouse.sql_files import all_queries, reads

Document = dict[str, Any]
Tables = dict[str, pl.DataFrame]


def fragment_of(documents: Mapping[str, Document]) -> dict[str, pl.DataFrame]:
    """Typed frames by name of documents given as `path` or `source:path` -> front matter, in the order given."""
    contents = [f"---\n{json.dumps(row, ensure_ascii=False)}\n---\n".encode() for row in documents.values()]
    frame, numbers, rejections = read_documents(contents, Limits())
    assert not rejections and numbers == list(range(len(contents)))
    places = [name.rpartition(":") for name in documents]
    files = pl.DataFrame(
        {
            "source_name": [source or "feed" for source, _, _ in places],
            "path": [path for _, _, path in places],
            "content_hash": [xxhash.xxh3_128_hexdigest(content) for content in contents],
            "byte_count": [len(content) for content in contents],
        },
        schema={name: raw_schema()[name] for name in ("source_name", "path", "content_hash", "byte_count")},
    )
    fragment = typed(pl.concat([files, frame], how="horizontal"), empty_rejected_documents())
    return {name: getattr(fragment, name) for name in Fragment.names()}


def tables_of(fragment: Mapping[str, pl.DataFrame]) -> Tables:
    """All tables, made in their order, each held against its schema and sorted as it is when published."""
    tables: Tables = {}

    def write(name: str, parts: Parts) -> pl.LazyFrame:
        table = TABLES[name]
        rows = (part.select(table.column_names) for part in parts)
        tables[name] = pl.concat(rows).sort(*table.sorted_by, nulls_last=True).collect()
        validate(table, tables[name].lazy())
        return tables[name].lazy()

    documents = fragment["documents"].select("source_name", "path", outcome=pl.lit("document"))
    unlisted = dict.fromkeys(documents["source_name"], 0)
    parts = {name: [frame.lazy()] for name, frame in fragment.items()}
    make_tables(Inputs(files=documents, unlisted=unlisted, **parts), write)
    return tables


def warehouse(documents: Mapping[str, Document]) -> Tables:
    """All tables of these documents."""
    return tables_of(fragment_of(documents))


def entry(url: str | None = "https://example.com/a", at: str | None = "2021-03-04T12:00:00Z", **keys: Any) -> Document:
    """An entry as upstream writes it; `name` and `domain` are its provider's."""
    provider = {key: keys.pop(key) for key in ("name", "domain") if key in keys} or {"domain": "example.com"}
    row = {"title": "A", "webUrl": url, "publishedDateTime": at, "type": "article", "provider": provider, **keys}
    return {key: value for key, value in row.items() if value is not None}


def document(lead: Document, *related: Document, **keys: Any) -> Document:
    return {**lead, "related": list(related), **keys}


def rows(frame: pl.DataFrame, *columns: str) -> list[Any]:
    """Values of these columns; of a single one without tuples."""
    found = list(frame.select(columns).iter_rows())
    return [row[0] for row in found] if len(columns) == 1 else found


def document_ids(tables: Tables) -> dict[int, str]:
    return dict(tables["documents"].select("document_id", "path").iter_rows())


@contextmanager
def fill(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pl.DataFrame]) -> Iterator[None]:
    """An empty warehouse with these tables, and marts made of them, until the block ends."""
    connection.begin()
    try:
        for name, frame in tables.items():
            connection.register("filled", frame)
            connection.execute(f"insert into {name} by name from filled")
            connection.unregister("filled")
        make_marts(connection)
        yield
    finally:
        connection.rollback()


def make_marts(connection: duckdb.DuckDBPyConnection, sql: str | None = None) -> None:
    """Make the marts anew from the tables as they are: all, or those that stand behind the names in an SQL text."""
    needed = None if sql is None else frozenset().union(*(_marts_behind(name) for name in re.findall(r"\w+", sql)))
    for query in all_queries().values():
        if query.kind == "marts" and (needed is None or query.name in needed):
            connection.execute(query.create_statement.replace("create table", "create or replace table", 1))


@cache
def _marts_behind(name: str) -> frozenset[str]:
    """The marts that a view, mart or macro reads, and those that they read; none behind other names."""
    if (query := all_queries().get(name)) is None:
        return frozenset()
    own = {name} if query.kind == "marts" else set()
    return frozenset(own).union(*(_marts_behind(each) for each in reads(query)))
