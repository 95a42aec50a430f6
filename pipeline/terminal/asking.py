"""Answers on the terminal: results, contents, metrics, status. All of it reads one published snapshot."""

from __future__ import annotations

import csv
import difflib
import json
import math
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from pipeline.errors import BroadsheetError, InputError
from pipeline.warehouse.database import IN_DATABASE, literal, read_only
from pipeline.warehouse.snapshots import Snapshot, Warehouse

#: Width of tables where there is no terminal to ask.
_WIDTH_WITHOUT_TERMINAL = 160
#: Rows and characters of a text that a table shows.
_SHOWN_ROWS = 200
_LONGEST_TEXT = 72
#: What would move the cursor or change colors, were it sent to a terminal as some document has it.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTENTS = """
select kind, name, question from metrics
union all select 'table', table_name, comment from duckdb_tables() where table_name not in (select name from metrics)
union all select 'table', view_name, comment from duckdb_views()
where not internal and view_name not in (select name from metrics)
order by name
"""
_PROMPT_HELP = "End a query with a semicolon. .tables lists what there is, .columns NAME its columns, .exit ends."


class QueryError(BroadsheetError):
    """A query that DuckDB does not understand or cannot run."""


# Results ------------------------------------------------------------------------------------------------------------


def show(database: Path, query: str, output: str) -> None:
    """Print the result of a query as a `table`, `csv` or `json`. Raises `QueryError`."""
    with read_only(database) as connection:
        _show(connection, query, output)


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


def _show(connection: duckdb.DuckDBPyConnection, query: str, output: str) -> None:
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
    except RuntimeError as error:
        if "interrupted" not in str(error):  # DuckDB's word for Ctrl-C while it works.
            raise
        connection.interrupt()  # Else its threads might go on, and closing the connection would wait for them.
        raise KeyboardInterrupt from None


def _print_result(names: Sequence[str], rows: Sequence[Sequence[Any]], has_more: bool) -> None:
    """A result as a table that fits the width: numbers to six digits, long texts cut, last columns left out."""
    cells = [[_as_text(value) for value in row] for row in rows]
    widths = [max([cell_len(name), *(cell_len(row[place]) for row in cells)]) for place, name in enumerate(names)]
    shown, room = 0, _width() + 2
    while shown < len(names) and (room := room - widths[shown] - 2) >= 0:
        shown += 1
    shown = max(shown, 1)
    grid = _grid("", [])
    for place, name in enumerate(names[:shown]):
        is_number = any(isinstance(row[place], int | float | Decimal) for row in rows)
        grid.add_column(escape(name), justify="right" if is_number else "left", no_wrap=True, header_style="dim")
    for row in cells:
        grid.add_row(*(escape(text) for text in row[:shown]))
    _console().print(grid, highlight=False)
    notes = [
        f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
        + (" of more; add a limit, or --csv for all" if has_more else "")
    ]
    if left_out := names[shown:]:
        notes.append(
            f"{len(left_out)} column{'' if len(left_out) == 1 else 's'} left out for room: {', '.join(left_out)}"
        )
    _console().print(escape("; ".join(notes)), style="dim", highlight=False)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 999_999.5 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return value.isoformat(" ", timespec="seconds")
    text = _visible(" ".join((_json(value) if isinstance(value, list | tuple | dict) else str(value)).split()))
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _visible(text: str) -> str:
    return _CONTROL.sub("�", text)


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
    """Without what JSON lacks: keys of a map that are no text, numbers that are none or endless."""
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


def prompt(database: Path) -> None:
    """Read queries from the terminal until its end; each may span lines and ends with a semicolon."""
    interactive = sys.stdin.isatty()
    with read_only(database) as connection:
        if interactive:
            _complete_names(connection)
            print(f"Broadsheet, read-only on {database}\n{_PROMPT_HELP}")
        pending = ""
        while True:
            try:
                line = input(("   ...> " if pending else "news> ") if interactive else "")
            except EOFError:
                break
            except KeyboardInterrupt:
                print()
                pending = ""
                continue
            word, _, argument = line.strip().partition(" ")
            if not pending and word in (".exit", ".quit", "exit", "quit"):
                return
            if not pending and word == ".help":
                print(_PROMPT_HELP)
                continue
            shortcuts = {".tables": _CONTENTS, ".columns": f"describe {argument}"} if not pending else {}
            pending = f"{shortcuts[word]};" if word in shortcuts else f"{pending}\n{line}".strip()
            if _is_complete(pending):
                _try(connection, pending)
                pending = ""
        if pending:
            _try(connection, pending)


def _is_complete(query: str) -> bool:
    """Whether a query ends with a semicolon; one inside a text or a remark ends nothing."""
    tokens = duckdb.tokenize(query)
    return bool(tokens) and query.encode()[tokens[-1][0] :].startswith(b";")


def _try(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    try:
        _show(connection, query, "table")
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
    except QueryError as error:
        print(error, file=sys.stderr)


def _complete_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the tabulator key complete names of tables, views, macros and columns."""
    try:
        import readline
    except ImportError:
        return
    rows = connection.execute(
        "select name from metrics union select table_name from duckdb_tables() "
        "union select column_name from duckdb_columns()"
    ).fetchall()
    names = sorted(name for (name,) in rows)

    def complete(text: str, state: int) -> str | None:
        matching = [name for name in names if name.startswith(text)]
        return matching[state] if state < len(matching) else None

    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")


# Contents -----------------------------------------------------------------------------------------------------------


def show_contents(snapshot: Snapshot) -> None:
    """Everything in the database by kind, with row counts of what is stored."""
    counts = {name.removeprefix("marts/"): item["row_count"] for name, item in snapshot.manifest["tables"].items()}
    with read_only(snapshot.database) as connection:
        contents = connection.execute(_CONTENTS).fetchall()
        parameters = dict(
            connection.execute(
                "select function_name, array_to_string(parameters, ', ') from duckdb_functions() "
                "where function_name in (select name from metrics)"
            ).fetchall()
        )
    for kind, title in (("table", "Tables"), ("mart", "Marts"), ("view", "Views"), ("macro", "Macros")):
        rows = [row for row in contents if row[0] == kind]
        if not rows:
            continue
        stored = kind in ("table", "mart")
        grid = _grid(title, ["name", *(["rows"] if stored else []), "what it is" if stored else "what it answers"])
        for _, name, description in rows:
            shown = f"{name}({parameters.get(name, '')})" if kind == "macro" else name
            count = counts.get(name)
            grid.add_row(
                shown, *([f"{count:,}" if count is not None else ""] if stored else []), escape(description or "")
            )
        _print(grid)


def show_columns(snapshot: Snapshot, name: str) -> None:
    """Columns of one table, view or macro. Raises `InputError` when there is none of that name."""
    with read_only(snapshot.database) as connection:
        columns = connection.execute(
            "select column_name, lower(data_type), comment from duckdb_columns() "
            "where table_name = ? order by column_index",
            [name],
        ).fetchall()
        is_macro = connection.execute(
            "select count(*) from metrics where name = ? and kind = 'macro'", [name]
        ).fetchone()
    if is_macro and is_macro[0]:
        show_metrics(snapshot, name)
        return
    if not columns:
        raise InputError(f"there is no table or view {name!r}; see: broadsheet tables")
    grid = _grid(name, ["column", "type", "what it means"])
    for column in columns:
        grid.add_row(*(escape(text or "") for text in column))
    _print(grid)


def show_metrics(snapshot: Snapshot, name: str | None) -> None:
    """All metrics with their questions, or one with everything about it. Raises `InputError` when there is none."""
    from pipeline.warehouse.sql_files import all_queries

    if name is None:
        grid = _grid("Metrics", ["name", "kind", "what it answers"])
        with read_only(snapshot.database) as connection:
            for row in connection.execute("select name, kind, question from metrics order by name").fetchall():
                grid.add_row(*map(escape, row))
        _print(grid)
        return
    queries = {query.name: query for query in all_queries().values() if query.kind in IN_DATABASE}
    query = queries.get(name)
    if query is None:
        near = [other for other in queries if name in other] or difflib.get_close_matches(name, queries)
        hint = f"did you mean {', '.join(near[:5])}?" if near else "see: broadsheet metrics"
        raise InputError(f"there is no metric {name!r}; {hint}")
    console = _console()
    console.print(f"[bold]{name}[/bold]  {escape(query.question)}\n", highlight=False)
    for key in ("definition", "grain", "denominator", "edge_cases"):
        if text := query.text(key):
            console.print(f"[bold]{key.replace('_', ' ')}[/bold]  {escape(text)}", highlight=False)
    for title, items in (("parameters", query.parameters), ("columns", query.columns)):
        if items:
            grid = RichTable.grid(padding=(0, 2))
            for item, meaning in items.items():
                grid.add_row(f"  {escape(item)}", escape(str(meaning)))
            console.print(f"\n[bold]{title}[/bold]")
            console.print(grid, highlight=False)
    if example := query.text("example"):
        console.print(f"\n[bold]example[/bold]  {escape(example)}", highlight=False)


# Status -------------------------------------------------------------------------------------------------------------


def show_status(warehouse: Warehouse) -> None:
    """The current snapshot, its sources and whether they changed, what was rejected, findings and checks."""
    snapshot = warehouse.current()
    manifest = snapshot.manifest
    built_at = datetime.fromisoformat(manifest["built_at"])
    console = _console()
    console.print(
        f"[bold]{snapshot.name}[/bold]  built {built_at:%Y-%m-%d %H:%M:%S} UTC, {_age(built_at)} ago", highlight=False
    )
    console.print(f"in {snapshot.folder}, {_size(snapshot.folder)}\n", highlight=False)
    grid = _grid("Sources", ["name", "documents", "rejected", "passed over", "where", "since then"])
    changes = _changes_since(warehouse, snapshot)
    with read_only(snapshot.database) as connection:
        for name, documents, rejected, passed_over in connection.execute(
            "select source_name, document_count, rejected_count, passed_over_count from sources order by source_name"
        ).fetchall():
            location = manifest["sources"].get(name, "")
            grid.add_row(name, f"{documents:,}", f"{rejected:,}", f"{passed_over:,}", escape(location), changes)
        rejected_rows = connection.execute(
            "select reason, count(*), min(path) from rejected_documents group by reason order by 2 desc, 1"
        ).fetchall()
        finding_rows = connection.execute(
            "select severity, rule, count(*) from findings group by all order by severity desc, 3 desc, rule"
        ).fetchall()
    _print(grid)
    for title, header, rows in (
        ("Rejected", ["reason", "files", "for example"], rejected_rows),
        ("Findings", ["severity", "rule", "findings"], finding_rows),
        ("Checks with offenders", ["check", "offenders"], _offenders(snapshot)),
    ):
        if rows:
            grid = _grid(title, header)
            for row in rows:
                shown = (f"{value:,}" if isinstance(value, int) else escape(_visible(str(value))) for value in row)
                grid.add_row(*shown)
            _print(grid)


def _offenders(snapshot: Snapshot) -> list[tuple[str, int]]:
    """Checks that complained, with the number of rows."""
    from pipeline.warehouse.checks import snapshot_results

    return [(result.query.name, result.offender_count) for result in snapshot_results(snapshot) if not result.passed]


def show_snapshots(warehouse: Warehouse) -> None:
    """The published snapshots, latest first. Raises `InputError` when there is none."""
    warehouse.current()
    grid = _grid("Snapshots", ["", "name", "built (UTC)", "documents", "rejected", "articles", "size"])
    for snapshot in warehouse.snapshots():
        manifest = snapshot.manifest
        grid.add_row(
            "current" if snapshot.is_current else "",
            snapshot.name,
            f"{datetime.fromisoformat(manifest['built_at']):%Y-%m-%d %H:%M:%S}",
            f"{manifest['documents']:,}",
            f"{manifest['rejected']:,}",
            f"{manifest['tables']['articles']['row_count']:,}",
            _size(snapshot.folder),
        )
    _print(grid)


def _changes_since(warehouse: Warehouse, snapshot: Snapshot) -> str:
    """Whether the sources of a snapshot look as they did when it was built."""
    import time

    from pipeline.fingerprints import LastBuild, listing_fingerprint
    from pipeline.settings import Limits, Options
    from pipeline.sources import Source, list_files

    try:
        sources = [Source(name, Path(location)) for name, location in sorted(snapshot.manifest["sources"].items())]
        listing = list_files(sources)
    except BroadsheetError as error:
        return str(error)
    fingerprint = listing_fingerprint(listing, time.time_ns())
    options = Options(Limits(**snapshot.manifest["limits"]))
    if LastBuild(warehouse.fragments_folder).snapshot_of(fingerprint, options) == snapshot.name:
        return "unchanged"
    return "changed, or Broadsheet was; run broadsheet build"


def _age(instant: datetime) -> str:
    seconds = int((datetime.now(UTC) - instant).total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{seconds} seconds"


def _size(folder: Path) -> str:
    size = float(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()))
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _grid(title: str, columns: Iterable[str]) -> RichTable:
    grid = RichTable(title=title or None, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for column in columns:
        numeric = column in (
            "rows",
            "documents",
            "rejected",
            "passed over",
            "articles",
            "size",
            "files",
            "findings",
            "offenders",
        )
        grid.add_column(column, justify="right" if numeric else "left", header_style="dim", overflow="fold")
    return grid


def _print(grid: RichTable) -> None:
    _console().print(grid, "", highlight=False)


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL)


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
