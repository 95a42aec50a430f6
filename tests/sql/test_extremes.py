"""Every view, mart, check and example holds when values are as large, as small or as far apart as the schema allows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import duckdb
import polars as pl
import pytest

from pipeline.schema.tables import TABLES
from pipeline.warehouse.database import create_queries, create_tables
from pipeline.warehouse.sql_files import all_queries
from tests.helpers.documents import Document, Tables, document, entry, make_marts, warehouse

#: At the edges of what is accepted as a time, and of what other systems accept.
TIMES = ("0001-01-01T00:00:00Z", "1990-01-01T00:00:00Z", "2020-02-29T12:00:00Z", "2099-12-31T23:59:59Z")
LATEST = "9999-12-31T23:59:59Z"
#: What documents say as numbers, and tables hold as they say it.
NUMBERS = {
    "documents": ("quality", "heat"),
    "articles": ("quality",),
    "related_links": ("quality",),
    "images": ("width", "height"),
}


def extreme_documents() -> dict[str, Document]:
    documents = {}
    for number, (lead_time, published) in enumerate(product((*TIMES, LATEST), ("true", "false"))):
        images = [{"url": f"https://img.example/{number}", "width": str(number), "height": str(-number)}]
        related = [
            entry(f"https://e{place}.example/{number}", time, domain=f"e{place}.example", quality="1", images=images)
            for place, time in enumerate((*TIMES, LATEST))
        ]
        lead = entry(f"https://lead.example/{number}", lead_time, domain="lead.example", quality="2", images=images)
        documents[f"{number}.txt"] = document(lead, *related, heat="-1", published=published, topics=["a", "b"])
    return documents


def with_extreme_numbers(tables: Tables) -> Tables:
    """Numbers that documents say become the largest, the smallest and those about zero of their column's type."""
    found = dict(tables)
    for name, columns in NUMBERS.items():
        for column in columns:
            dtype = TABLES[name].polars_schema[column]
            largest, smallest = (pl.select(limit).item() for limit in (dtype.max(), dtype.min()))
            extremes = [largest, smallest, largest - 1, smallest + 1, 0, -1, largest // 2 + 1]
            values = pl.Series([extremes[row % len(extremes)] for row in range(found[name].height)], dtype=dtype)
            found[name] = found[name].with_columns(values.alias(column))
    return found


@pytest.fixture(scope="module")
def extremes() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_tables(connection)
        create_queries(connection)
        for name, frame in with_extreme_numbers(warehouse(extreme_documents())).items():
            connection.register("filled", frame)
            connection.execute(f"insert into {name} by name from filled")
        make_marts(connection)
        yield connection


@pytest.mark.parametrize(
    "name", [name for name, query in all_queries().items() if query.kind in ("views", "marts", "checks")]
)
def test_no_extreme_value_ends_a_query(name: str, extremes: duckdb.DuckDBPyConnection) -> None:
    # All columns of all rows: a count of rows alone would compute nothing else.
    extremes.sql(all_queries()[name].select).pl()


def test_extreme_qualities_have_a_band(extremes: duckdb.DuckDBPyConnection) -> None:
    bands = dict(extremes.sql("select quality_from, lag_count from quality_against_lag").fetchall())
    assert None not in bands
    assert all(band % 20 == 0 for band in bands)
    assert sum(bands.values()) == extremes.sql("select count(*) from publication_lag").fetchall()[0][0]


@pytest.mark.parametrize("macro", ["co_coverage_for", "lead_lag_for"])
def test_providers_that_cannot_have_enough_stories_in_common_are_not_paired(macro: str) -> None:
    """10,000 providers of one story are 50 million pairs, of which none is asked for: they must not need gigabytes."""
    with duckdb.connect(config={"memory_limit": "300MB", "temp_directory": ""}) as connection:
        create_tables(connection)
        create_queries(connection)
        connection.execute("insert into stories (story_id) values (0)")
        connection.execute("insert into providers (provider_id, domain) select range, 'd' || range from range(10_000)")
        connection.execute(
            "insert into story_articles (story_id, article_id, provider_id, published_at) "
            "select 0, range, range, timestamp '2020-01-01' from range(10_000)"
        )
        assert connection.execute(f"from {macro}(minimum_count := 2)").fetchall() == []
