"""The result of a query: as a table for people, as CSV, JSON or Parquet for programs."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import chain, takewhile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
from rich.cells import cell_len

from pipeline.errors import QueryError
from pipeline.terminal.layout import as_markup, grid_of, open_console, terminal_width
from pipeline.texts import CONTROLS, counted, visible, without_formula
from pipeline.warehouse.asking import Access, answers, limits, open_database
from pipeline.warehouse.sql_files import literal

#: Rows that a table shows.
_SHOWN_ROWS = 200
#: Cells of the terminal that a text takes in a table: at most, and where there is little room.
_LONGEST_TEXT = 72
_SHORTEST_TEXT = 24


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


def _names(result: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for name, *_ in result.description or []]


def _write_csv(names: list[str], blocks: Iterable[list[tuple[Any, ...]]], is_safe: bool) -> None:
    # Lines end with "\n", yet a "\r" inside of a text has to be quoted, which Python does only where lines end with it.
    rows = SimpleNamespace(write=lambda row: sys.stdout.write(row.removesuffix("\r\n") + "\n"))
    writer = csv.writer(rows, lineterminator="\r\n")
    shown = without_formula if is_safe else _as_it_is
    writer.writerow(map(shown, names))
    for block in blocks:
        writer.writerows([shown(_as_field(value)) for value in row] for row in block)


def _as_it_is(value: Any) -> Any:
    """A value as it is; only on a terminal no control character reaches it."""
    return visible(value) if isinstance(value, str) and sys.stdout.isatty() else value


def _write_json(names: list[str], blocks: Iterable[list[tuple[Any, ...]]]) -> None:
    separator = "["
    for record in as_json(names, chain.from_iterable(blocks)):
        sys.stdout.write(f"{separator}\n  {record}")
        separator = ","
    sys.stdout.write("[]\n" if separator == "[" else "\n]\n")


def as_json(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Each row as a JSON object: keys and large integers as text, times as UTC with Z, no control as it is.

    Raises `QueryError` when two columns have one name.
    """
    if repeated := [name for place, name in enumerate(names) if name in names[:place]]:
        raise QueryError(f"two columns are named {repeated[0]!r}; give one of them another name with `as`")
    for row in rows:
        yield _json({name: _exact(value, name.endswith("_id")) for name, value in zip(names, row, strict=True)})


@dataclass(frozen=True)
class _Column:
    """A column of a table. A text may be shortened, a number may not: it would be another one."""

    place: int
    name: str
    cells: list[str]
    is_text: bool
    is_number: bool

    def width(self, longest: int) -> int:
        """Cells of the terminal that it takes where texts take no more than `longest`."""
        longest_cell = max(map(cell_len, self.cells), default=0)
        return max(cell_len(self.name), min(longest_cell, longest) if self.is_text else longest_cell)


def _print_result(names: Sequence[str], rows: Sequence[Sequence[Any]], has_more: bool) -> None:
    """A result as a table: numbers to six digits, long texts cut. On a terminal it fits the width: texts become
    shorter first, then columns are left out, those without a value and those of keys before others."""
    columns = [_column(place, name, [row[place] for row in rows]) for place, name in enumerate(names)]
    shown, longest = columns, _LONGEST_TEXT
    if sys.stdout.isatty():
        shown = sorted(_with_room(columns, terminal_width()), key=lambda column: column.place)
        while longest > _SHORTEST_TEXT and _total_width(shown, longest) > terminal_width():
            longest -= 1
    grid = grid_of("", [])
    for column in shown:
        grid.add_column(
            as_markup(column.name),
            justify="right" if column.is_number else "left",
            no_wrap=True,
            overflow="ellipsis",
            width=column.width(longest),
            header_style="dim",
        )
    for row in zip(*(column.cells for column in shown), strict=True):
        grid.add_row(*map(as_markup, row))
    # A table that is wider than the terminal, of one column, is not squeezed.
    open_console(max(_total_width(shown, longest), terminal_width())).print(grid, highlight=False)
    notes = [f"first {len(rows):,} rows; add a limit, or --csv for all" if has_more else counted(len(rows), "row")]
    if left_out := [column.name for column in columns if column not in shown]:
        notes.append(f"{counted(len(left_out), 'column')} left out for lack of room: {', '.join(left_out)}")
    # On a terminal, names of columns are not broken at its edge.
    open_console().print(as_markup("; ".join(notes)), style="dim", highlight=False, soft_wrap=not sys.stdout.isatty())


def _column(place: int, name: str, values: Sequence[Any]) -> _Column:
    return _Column(
        place,
        visible(name),
        [_as_text(value) for value in values],
        any(isinstance(value, str | bytes | list | tuple | dict) for value in values),
        any(isinstance(value, int | float | Decimal) for value in values),
    )


def _with_room(columns: Sequence[_Column], room: int) -> list[_Column]:
    """The first columns, as many as fit when all texts are short, and one in any case; keys come late, columns without
    a value last. Room that is left makes texts longer: it is not filled with what happens to be narrow."""
    ordered = sorted(columns, key=lambda column: (not any(column.cells), column.name.endswith("_id")))
    fitting = takewhile(lambda count: _total_width(ordered[:count], _SHORTEST_TEXT) <= room, range(2, len(ordered) + 1))
    return ordered[: max(fitting, default=1)]


def _total_width(columns: Sequence[_Column], longest: int) -> int:
    return sum(column.width(longest) for column in columns) + 2 * (len(columns) - 1)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 999_999.5 else f"{value:,.0f}"
    if isinstance(value, datetime):
        text = value.isoformat(" ")  # With six digits of a second, if it is no whole one.
        return text.rstrip("0") if value.microsecond and value.tzinfo is None else text
    text = visible(" ".join((_json(value) if isinstance(value, list | tuple | dict) else str(value)).split()))
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"


def _as_field(value: Any) -> Any:
    """A value for CSV: lists and records as JSON, truth in lower case as DuckDB writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return _json(value) if isinstance(value, list | tuple | dict) else value


def _exact(value: Any, is_key: bool) -> Any:
    """Integers that a reader with 64-bit floats, such as JavaScript, would round become text, and keys always do."""
    if isinstance(value, list):
        return [_exact(item, is_key) for item in value]
    if isinstance(value, dict):
        return {name: _exact(item, str(name).endswith("_id")) for name, item in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and (is_key or abs(value) >= 2**53):
        return str(value)
    return value


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
    if isinstance(value, datetime):  # UTC, and says so: other readers take an instant without a zone for local time
        return (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat() + "Z"
    return str(value)
