"""Every view, mart and macro against cases worked out by hand: `tests/cases/<name>.yaml`.

A case gives rows of tables, or names a file of `tests/worlds/` that does, and the rows that come out. Columns left out
are null, but for those that follow from another column of the row (`DERIVED`). `expect` lists the columns that the case
is about; the query is `select <those columns> from <name>` unless the case says `query`. Rows compare as a multiset
unless the case says `ordered: true`; numbers compare to nine digits. A case with `error` in the place of `expect` is
refused with a message that holds this text.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import duckdb
import pytest
import yaml

from pipeline.schema.tables import TABLES
from pipeline.warehouse.sql_files import all_queries
from tests.helpers import TESTS_FOLDER
from tests.helpers.documents import make_marts

FOLDER = TESTS_FOLDER / "cases"
WORLDS = TESTS_FOLDER / "worlds"

#: Columns that follow from others of their row where a case leaves them out.
DERIVED = {
    "articles": {"published_date": "cast(published_at as date)", "normalized_excerpt": "normalized(excerpt)"},
    "documents": {"published_date": "cast(published_at as date)"},
    "stories": {"lead_published_date": "cast(lead_published_at as date)"},
    "topics": {"normalized_name": "normalized(name)"},
}


def cases() -> Iterator[Any]:
    for file in sorted(FOLDER.glob("*.yaml")):
        for case in yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader):
            yield pytest.param(file.stem, case, id=f"{file.stem}: {case['case']}")


@pytest.mark.parametrize(("name", "case"), list(cases()))
def test_case(name: str, case: dict[str, Any], empty_warehouse: duckdb.DuckDBPyConnection) -> None:
    query = all_queries()[name]
    expected = case.get("expect", [])
    columns = list(expected[0]) if expected else []
    sql = case.get("query") or f"select {', '.join(columns) or '*'} from {name}"
    given = case["given"]
    if isinstance(given, str):
        given = world(given)
    with rows_of(given, empty_warehouse, sql):
        if "error" in case:
            with pytest.raises(duckdb.Error, match=re.escape(case["error"])):
                empty_warehouse.execute(sql).fetchall()
            return
        result = empty_warehouse.execute(sql)
        names = [item[0] for item in result.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    if columns:
        rows = [{column: row[column] for column in columns} for row in rows]
    found, wanted = [comparable(row) for row in rows], [comparable(row) for row in expected]
    if not case.get("ordered"):
        found, wanted = sorted(found, key=repr), sorted(wanted, key=repr)
    assert found == wanted, f"{query.path}: {case['case']}"


def test_every_query_has_a_case() -> None:
    wanted = {query.name for query in all_queries().values() if query.kind in ("views", "marts", "macros")}
    assert wanted - {file.stem for file in FOLDER.glob("*.yaml")} == set()


def test_long_titles_are_compared_as_short_ones_are(empty_warehouse: duckdb.DuckDBPyConnection) -> None:
    """Of 150 words, 90 are in both titles; some stand twice. Beyond a hundred words, sets are made in another way."""
    common = [f"word{number}" for number in range(90)]
    titles = [
        " ".join([*common, *common[:7], *(f"left{number}" for number in range(30))]),
        " ".join([*(f"right{number}" for number in range(30)), *common, *common[5:9]]),
    ]
    given = {
        "providers": [{"provider_id": 10}],
        "articles": [
            {"article_id": number, "normalized_title": title, "provider_id": 10} for number, title in enumerate(titles)
        ],
        "stories": [{"story_id": 1}],
        "story_articles": [{"story_id": 1, "article_id": number} for number in range(2)],
    }
    sql = "select jaccard from near_duplicates"
    with rows_of(given, empty_warehouse, sql):
        assert empty_warehouse.execute(sql).fetchall() == [(0.6,)]


@cache
def world(name: str) -> Any:
    """Rows of tables that several cases share."""
    return yaml.load((WORLDS / f"{name}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)


@contextmanager
def rows_of(given: dict[str, list[dict[str, Any]]], connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[None]:
    """A warehouse with the rows of a case, and the marts that the query reads made of them, until the block ends."""
    connection.begin()
    try:
        for table, rows in given.items():
            for row in rows:
                if unknown := set(row) - set(TABLES[table].column_names):
                    raise ValueError(f"{table} has no column {sorted(unknown)}")
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" for _ in row)
                connection.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))
            for column, value in DERIVED.get(table, {}).items():
                connection.execute(f"update {table} set {column} = {value} where {column} is null")
        make_marts(connection, sql)
        yield
    finally:
        connection.rollback()


def comparable(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose values compare across the types of YAML and DuckDB."""

    def value(item: Any) -> Any:
        if isinstance(item, bool) or item is None:
            return item
        if isinstance(item, int | float) or type(item).__name__ == "Decimal":
            number = float(item)
            return number if not math.isfinite(number) else float(f"{number:.9g}")
        if isinstance(item, datetime.datetime | datetime.date):
            return item.isoformat(" ") if isinstance(item, datetime.datetime) else item.isoformat()
        return item

    return {name: value(item) for name, item in row.items()}
