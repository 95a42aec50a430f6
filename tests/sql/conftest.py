"""One warehouse without rows for all tests of SQL; each fills it and rolls back."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipeline.warehouse.database import create_queries, create_tables


@pytest.fixture(scope="session")
def empty_warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Tables without rows, and all queries on them."""
    with duckdb.connect() as connection:
        create_tables(connection)
        create_queries(connection)
        yield connection
