"""The result of a query: as a table for people, as CSV, JSON or Parquet for programs."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from rich.cells import cell_len
from rich.markup import escape

from pipeline.errors import BroadsheetError
from pipeline.terminal.layout import counted, grid_of, open_console, terminal_width, visible
from pipeline.warehouse.database import literal, read_only

#: Rows and characters of a text that a table shows.
_SHOWN_ROWS = 200
_LONGEST_TEXT = 72


class QueryError(BroadsheetError):
    """A query that DuckDB does not understand or cannot run."""


def show(database: Path, query: str, output: str) -> None:
    """Print the result of a query as a `table`, `csv` or `json`. Raises `QueryError`."""
    with read_only(database) as connection:
        show_result(connection, query, output)


def write_parquet(database: Path, query: str, file: Path) -> int:
    """Write the result of a query to a Parquet file; returns the number of rows. Raises `QueryError`."""
    with read_only(database) as connection:
        try:
            relation = connection.sql(query)
            if relation is None:
                raise QueryError("this statement gives no rows to write")
            relation.write_parquet(str(file), compression="zstd")
            [(count,)] = connection.execute(f"select count(*) from read_parquet({literal(str(file))})").fetchall()
        except duckdb.Error as error:
            raise QueryError(_first_sentence(error)) from None
    return int(count)


def show_result(connection: duckdb.DuckDBPyConnection, query: str, output: str) -> None:
    """As `show`, on an open connection."""
    try:
        statements = connection.extract_statements(query)
        if not statements:
            raise QueryError("the query is empty")
        if output == "table":
            for statement in statements:
                relation = connection.sql(statement.query)
                if relation is None:
                    continue
                rows = relation.fetchmany(_SHOWN_ROWS + 1)
                _print_result(relation.columns, rows[:_SHOWN_ROWS], has_more=len(rows) > _SHOWN_ROWS)
            return
        result = connection.execute(query)
        names = [name for name, *_ in result.description]
        blocks = iter(lambda: result.fetchmany(10_000), [])
        if output == "csv":
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(names)
            for block in blocks:
                writer.writerows([_as_field(value) for value in row] for row in block)
        elif repeated := [name for place, name in enumerate(names) if name in names[:place]]:
            raise QueryError(f"two columns are named {repeated[0]!r}; give one of them another name with `as`")
        else:
            separator = "["
            for block in blocks:
                for row in block:
                    sys.stdout.write(f"{separator}\n  {_json(dict(zip(names, row, strict=True)))}")
                    separator = ","
            sys.stdout.write("[]\n" if separator == "[" else "\n]\n")
    except duckdb.Error as error:
        raise QueryError(_first_sentence(error)) from None
    except OverflowError:
        raise QueryError("a value is too large to be shown; cast it to varchar") from None


def _print_result(names: Sequence[str], rows: Sequence[Sequence[Any]], has_more: bool) -> None:
    """A result as a table that fits the width: numbers to six digits, long texts cut, last columns left out."""
    cells = [[_as_text(value) for value in row] for row in rows]
    widths = [max([cell_len(name), *(cell_len(row[place]) for row in cells)]) for place, name in enumerate(names)]
    shown, room = 0, terminal_width() + 2
    while shown < len(names) and (room := room - widths[shown] - 2) >= 0:
        shown += 1
    shown = max(shown, 1)
    grid = grid_of("", [])
    for place, name in enumerate(names[:shown]):
        is_number = any(isinstance(row[place], int | float | Decimal) for row in rows)
        grid.add_column(escape(name), justify="right" if is_number else "left", no_wrap=True, header_style="dim")
    for row in cells:
        grid.add_row(*(escape(text) for text in row[:shown]))
    open_console().print(grid, highlight=False)
    notes = [f"first {len(rows):,} rows; add a limit, or --csv for all" if has_more else counted(len(rows), "row")]
    if left_out := names[shown:]:
        notes.append(f"{counted(len(left_out), 'column')} left out for lack of room: {', '.join(left_out)}")
    open_console().print(escape("; ".join(notes)), style="dim", highlight=False, soft_wrap=True)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 999_999.5 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return value.isoformat(" ", timespec="seconds")
    text = visible(" ".join((_json(value) if isinstance(value, list | tuple | dict) else str(value)).split()))
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _as_field(value: Any) -> Any:
    """A value for CSV: lists and records as JSON, truth in lower case as DuckDB writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return _json(value) if isinstance(value, list | tuple | dict) else value


def _json(value: Any) -> str:
    try:
        return json.dumps(value, default=_as_json, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        return json.dumps(_only_json(value), default=_as_json, ensure_ascii=False)


def _only_json(value: Any) -> Any:
    """Without what JSON lacks: keys of a map that are not text, numbers that are not finite."""
    if isinstance(value, dict):
        return {str(key): _only_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_only_json(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _first_sentence(error: duckdb.Error) -> str:
    """DuckDB's message: what is wrong and its suggestion, without the copy of the query below."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(line for line in lines if not line.startswith(("LINE", "^")))
