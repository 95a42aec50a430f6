"""Looks at tables and views for the catalog: first rows, row counts, types of columns."""

import re
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import dagster as dg
import duckdb

from pipeline.texts import visible
from pipeline.warehouse.sql_files import Query

#: Columns that a preview never shows.
_NOT_SHOWN = ("secured", "body")
_ROWS = 5
#: Characters of a value that a cell shows.
_CELL_WIDTH = 60


class Previews:
    """Looks at tables and views; at views, which are computed for it, only until the given seconds are over."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds

    def has(self, name: str) -> bool:
        """Whether there is such a table or view."""
        return name in self._columns

    def schema(self, query: Query) -> dg.TableSchema:
        """The columns of a view or mart with their types."""
        return dg.TableSchema(
            [dg.TableColumn(name, kind, query.columns.get(name)) for name, kind in self._columns[query.name]]
        )

    @cached_property
    def _columns(self) -> dict[str, list[tuple[str, str]]]:
        """Names and types of the columns of everything in the database, asked for at once."""
        columns: dict[str, list[tuple[str, str]]] = {}
        rows = self._connection.execute(
            "select table_name, column_name, lower(data_type) from duckdb_columns() "
            "where not internal and database_name = current_database() order by table_name, column_index"
        ).fetchall()
        for table, name, kind in rows:
            columns.setdefault(table, []).append((name, kind))
        return columns

    def table(self, name: str) -> dict[str, Any]:
        """The first rows of a table."""
        result = self._connection.execute(f"select * from {name} limit {_ROWS}")
        return _preview([column for column, *_ in result.description or []], result.fetchall())

    def view(self, name: str) -> dict[str, Any]:
        """The first rows of a view and how many there are; nothing when the time is over."""
        if self._seconds <= 0:
            return {}
        timer = threading.Timer(self._seconds, self._connection.interrupt)
        timer.start()
        started = time.monotonic()
        try:
            result = self._connection.execute(f"select *, count(*) over () from {name} limit {_ROWS}")
            rows = result.fetchall()
        except duckdb.InterruptException:
            return {}
        finally:
            timer.cancel()
            self._seconds -= time.monotonic() - started
        columns = [column for column, *_ in result.description or []][:-1]
        return {"dagster/row_count": rows[0][-1] if rows else 0, **_preview(columns, rows)}


def records(rows: Sequence[Mapping[str, object]]) -> dg.TableMetadataValue:
    """Rows as a table of the catalog, with texts of a readable length."""
    return dg.MetadataValue.table([dg.TableRecord({name: _text(row[name]) for name in row}) for row in rows])


def _preview(columns: list[str], rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    """Rows as a Markdown table of texts as they are; values beyond the given columns are left out."""
    shown = [number for number, column in enumerate(columns) if column not in _NOT_SHOWN]
    lines = [
        [_literally(columns[number]) for number in shown],
        ["---"] * len(shown),
        *([_literally(_text(row[number])) for number in shown] for row in rows),
    ]
    return {"preview": dg.MetadataValue.md("\n".join(f"| {' | '.join(line)} |" for line in lines))}


def _literally(text: str) -> str:
    """A text for Markdown: without backslashes, `![](address)` would be a picture that the page fetches from there."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def _text(value: object) -> str:
    text = (
        f"{value:.6g}" if isinstance(value, float) else "" if value is None else visible(" ".join(str(value).split()))
    )
    return text if len(text) <= _CELL_WIDTH else text[: _CELL_WIDTH - 1] + "…"
