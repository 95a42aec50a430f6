"""The result of a query: as a table for people, as CSV, JSON or Parquet for programs."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
from rich.cells import cell_len

from pipeline.terminal.layout import as_markup, counted, grid_of, open_console, terminal_width
from pipeline.texts import CONTROLS, visible
from pipeline.warehouse.asking import Access, QueryError, answers, limits, open_database
from pipeline.warehouse.database import literal

#: Rows and characters of a text that a table shows.
_SHOWN_ROWS = 200
_LONGEST_TEXT = 72
#: First characters of a text that a spreadsheet takes for a formula, wide forms of East Asia among them.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def show(database: Path, query: str, output: str, access: Access) -> None:
    """Print the result of a query as a `table`, `csv`, `safe-csv` or `json`. Raises `QueryError`."""
    with open_database(database, access) as connection:
        show_result(connection, query, output, access)


def write_parquet(database: Path, query: str, file: Path, access: Access) -> int:
    """Write the result of a query to a Parquet file; returns the number of rows. Raises `QueryError`."""
    with open_database(database, access) as connection, limits(connection, access):
        relation = connection.sql(query)
        if relation is None:
            raise QueryError("this statement gives no rows to write")
        relation.write_parquet(str(file), compression="zstd")
        [(count,)] = connection.execute(f"select count(*) from read_parquet({literal(str(file))})").fetchall()
    return int(count)


def show_result(connection: duckdb.DuckDBPyConnection, query: str, output: str, access: Access) -> None:
    """As `show`, on an open connection. Of several statements a table is shown each, CSV and JSON hold the last one."""
    try:
        with limits(connection, access):
            results = answers(connection, query, access)
            if output == "table":
                for result in results:
                    names, rows = _names(result), result.fetchmany(_SHOWN_ROWS + 1)
                    _print_result(names, rows[:_SHOWN_ROWS], has_more=len(rows) > _SHOWN_ROWS)
            elif last := deque(results, maxlen=1):
                blocks = iter(lambda: last[0].fetchmany(10_000), [])
                write = _write_json if output == "json" else partial(_write_csv, is_safe=output == "safe-csv")
                write(_names(last[0]), blocks)
    except OverflowError:
        raise QueryError("a value is too large to be shown; cast it to varchar") from None


def _names(result: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for name, *_ in result.description or []]


def _write_csv(names: list[str], blocks: Iterable[list[tuple[Any, ...]]], is_safe: bool) -> None:
    # Lines end with "\n", yet a "\r" inside of a text has to be quoted, which Python does only where lines end with it.
    rows = SimpleNamespace(write=lambda row: sys.stdout.write(row.removesuffix("\r\n") + "\n"))
    writer = csv.writer(rows, lineterminator="\r\n")
    shown = _without_formula if is_safe else _as_it_is
    writer.writerow(map(shown, names))
    for block in blocks:
        writer.writerows([shown(_as_field(value)) for value in row] for row in block)


def _without_formula(value: Any) -> Any:
    """A value for a spreadsheet, which takes a text that begins so for a formula (OWASP, CSV Injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _as_it_is(value: Any) -> Any:
    """A value as it is; only on a terminal no control character reaches it."""
    return visible(value) if isinstance(value, str) and sys.stdout.isatty() else value


def _write_json(names: list[str], blocks: Iterable[list[tuple[Any, ...]]]) -> None:
    if repeated := [name for place, name in enumerate(names) if name in names[:place]]:
        raise QueryError(f"two columns are named {repeated[0]!r}; give one of them another name with `as`")
    separator = "["
    for block in blocks:
        for row in block:
            sys.stdout.write(f"{separator}\n  {_json(dict(zip(names, row, strict=True)))}")
            separator = ","
    sys.stdout.write("[]\n" if separator == "[" else "\n]\n")


def _print_result(names: Sequence[str], rows: Sequence[Sequence[Any]], has_more: bool) -> None:
    """A result as a table that fits the width: numbers to six digits, long texts cut, last columns left out."""
    cells = [[_as_text(value) for value in row] for row in rows]
    widths = [
        max([cell_len(visible(name)), *(cell_len(row[place]) for row in cells)]) for place, name in enumerate(names)
    ]
    shown, room = 0, terminal_width() + 2
    while shown < len(names) and (room := room - widths[shown] - 2) >= 0:
        shown += 1
    shown = max(shown, 1)
    grid = grid_of("", [])
    for place, name in enumerate(names[:shown]):
        is_number = any(isinstance(row[place], int | float | Decimal) for row in rows)
        grid.add_column(as_markup(name), justify="right" if is_number else "left", no_wrap=True, header_style="dim")
    for row in cells:
        grid.add_row(*(as_markup(text) for text in row[:shown]))
    open_console().print(grid, highlight=False)
    notes = [f"first {len(rows):,} rows; add a limit, or --csv for all" if has_more else counted(len(rows), "row")]
    if left_out := names[shown:]:
        notes.append(f"{counted(len(left_out), 'column')} left out for lack of room: {', '.join(left_out)}")
    open_console().print(as_markup("; ".join(notes)), style="dim", highlight=False, soft_wrap=True)


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
    """UTF-8 as it is, but for what must not reach a terminal, which is escaped: the value stays the same."""
    try:
        text = json.dumps(value, default=_as_json, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        text = json.dumps(_only_json(value), default=_as_json, ensure_ascii=False)
    return CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


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
