"""The rules that hold in every build: `sql/checks/<name>.sql` selects the rows that break one.

An `error` is something only our own code can break; it keeps the snapshot from being published. A `warning` is
something upstream data can break; it is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.warehouse.database import read_from_files, read_only
from pipeline.warehouse.snapshots import Snapshot
from pipeline.warehouse.sql_files import Query, all_queries

#: How many offenders a result shows.
SAMPLE_SIZE = 5


@dataclass(frozen=True)
class CheckResult:
    """What one check found: how many rows break the rule, and the first of them as column -> text."""

    query: Query
    offender_count: int
    sample: list[dict[str, str]]

    @property
    def passed(self) -> bool:
        return self.offender_count == 0

    @property
    def is_error(self) -> bool:
        """It fails and keeps the snapshot from being published."""
        return not self.passed and self.query.header["severity"] == "error"

    @property
    def sentence(self) -> str:
        """The result for people, with the way to see all offenders."""
        if self.passed:
            return f"{self.query.name}: holds"
        shown = "; ".join(", ".join(f"{name} {value}" for name, value in row.items()) for row in self.sample[:1])
        offenders = "offender" if self.offender_count == 1 else "offenders"
        return f"{self.query.name}: {self.offender_count:,} {offenders}, first: {shown}"


def snapshot_results(snapshot: Snapshot) -> list[CheckResult]:
    """What each check found when the snapshot was built."""
    found = snapshot.record.checks
    return [
        CheckResult(query, found[query.name].offender_count, found[query.name].sample)
        for query in all_checks()
        if query.name in found
    ]


def all_checks() -> list[Query]:
    """The checks in the order of their names."""
    return sorted((query for query in all_queries().values() if query.kind == "checks"), key=lambda query: query.name)


def run_checks(database: Path, results: Mapping[str, Path]) -> list[CheckResult]:
    """Run every check on a database file. A view of which `results` has the Parquet file is not computed again: its
    file is checked, which is what dashboards read."""
    with read_only(database) as connection:
        read_from_files(connection, results)
        return [run_check(connection, query) for query in all_checks()]


def run_check(connection: duckdb.DuckDBPyConnection, query: Query) -> CheckResult:
    """Run one check on the current database of a connection."""
    [(count,)] = connection.execute(f"select count(*) from ({query.select})").fetchall()
    return CheckResult(query, count, list(_sample(connection, query)) if count else [])


def _sample(connection: duckdb.DuckDBPyConnection, query: Query) -> Iterator[dict[str, str]]:
    result = connection.execute(f"select * from ({query.select}) limit {SAMPLE_SIZE}")
    names = [item[0] for item in result.description or []]
    for row in result.fetchall():
        yield dict(zip(names, map(str, row), strict=True))
