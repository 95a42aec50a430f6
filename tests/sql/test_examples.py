"""The questions of `sql/examples/` have the answers that their files give, on the seed or the made-up corpus."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from pipeline.warehouse.database import read_only
from pipeline.warehouse.snapshots import Snapshot
from pipeline.warehouse.sql_files import Query, all_queries

EXAMPLES = [query for query in all_queries().values() if query.kind == "examples"]


@pytest.mark.parametrize("query", EXAMPLES, ids=lambda query: query.name)
def test_example(query: Query, request: pytest.FixtureRequest) -> None:
    snapshot: Snapshot = request.getfixturevalue(f"{query.header.get('corpus', 'seed')}_snapshot")
    with read_only(snapshot.database) as connection:
        result = connection.execute(query.select)
        columns = [item[0] for item in result.description or []]
        rows = [[as_written(value) for value in row] for row in result.fetchall()]
    assert columns == list(query.columns)
    assert rows == query.header["answer"]


def test_most_questions_take_a_few_lines() -> None:
    assert len(EXAMPLES) >= 40
    assert sum(len(query.select.splitlines()) <= 3 for query in EXAMPLES) >= 36


def as_written(value: Any) -> Any:
    """A value as the comment of an example writes it."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    return str(value) if isinstance(value, datetime.date) else value
