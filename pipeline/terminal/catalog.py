"""What there is to ask: tables with their columns, metrics with their definitions."""

from __future__ import annotations

import difflib

import duckdb
from rich.table import Table as RichTable

from pipeline.errors import InputError
from pipeline.schema.tables import TABLES
from pipeline.terminal.layout import as_markup, grid_of, open_console, print_grid
from pipeline.warehouse.sql_files import CHAPTERS, MARTS, Query, all_queries

_CONTENTS = """
select kind, name, question from metrics
union all select 'table', table_name, comment from duckdb_tables() where table_name not in (select name from metrics)
union all select 'table', view_name, comment from duckdb_views()
where not internal and view_name not in (select name from metrics)
order by name
"""


def show_contents(connection: duckdb.DuckDBPyConnection) -> None:
    """Everything in the database by kind, with row counts of what is stored."""
    contents = connection.execute(_CONTENTS).fetchall()
    parameters = dict(
        connection.execute(
            "select function_name, array_to_string(parameters, ', ') from duckdb_functions() "
            "where function_name in (select name from metrics)"
        ).fetchall()
    )
    for kind, title in (("table", "Tables"), ("mart", "Marts"), ("view", "Views"), ("macro", "Macros")):
        rows = [row for row in contents if row[0] == kind]
        stored = kind in ("table", "mart")
        grid = grid_of(title, ["name", *(["rows"] if stored else []), "what it is" if stored else "what it answers"])
        for _, name, description in rows:
            shown = f"{name}({parameters.get(name, '')})" if kind == "macro" else name
            counted = connection.execute(f'select count(*) from "{name}"').fetchall() if stored else []
            grid.add_row(shown, *(f"{count:,}" for (count,) in counted), as_markup(description or ""))
        if rows:
            print_grid(grid)


def show_columns(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Columns of one table, view or macro. Raises `InputError` when there is none of that name."""
    queries = _queries(connection)
    query = queries.get(name)
    if query is not None and query.kind == "macros":
        show_metrics(connection, name)
        return
    columns = connection.execute(
        "select column_name, lower(data_type), comment from duckdb_columns() "
        "where table_name = ? order by column_index",
        [name],
    ).fetchall()
    if not columns:
        raise InputError(
            f"there is no table, view or macro {name!r}; {_suggestion(name, 'tables', [*TABLES, *queries])}"
        )
    grid = grid_of(name, ["column", "type", "what it means"])
    for column in columns:
        grid.add_row(*(as_markup(text or "") for text in column))
    print_grid(grid)


def show_metrics(connection: duckdb.DuckDBPyConnection, name: str | None) -> None:
    """All metrics with their questions, in the order of the book, or one with everything about it.

    Raises `InputError` when there is none.
    """
    queries = _queries(connection)
    if name is None:
        for chapter in (*CHAPTERS, MARTS):
            grid = grid_of(chapter, ["name", "kind", "what it answers"])
            for query in queries.values():
                if query.chapter == chapter:
                    grid.add_row(query.name, query.kind.removesuffix("s"), as_markup(query.question))
            print_grid(grid)
        return
    if name not in queries:
        if name in TABLES or name == "metrics":
            raise InputError(f"{name!r} is a table, no metric; see: broadsheet tables {name}")
        raise InputError(f"there is no metric {name!r}; {_suggestion(name, 'metrics', list(queries))}")
    query = queries[name]
    terminal = open_console()
    terminal.print(f"[bold]{name}[/bold]  {as_markup(query.question)}\n", highlight=False)
    for key in ("definition", "grain", "denominator", "edge_cases"):
        if text := query.text(key):
            terminal.print(f"[bold]{key.replace('_', ' ')}[/bold]  {as_markup(text)}", highlight=False)
    for title, items in (("parameters", query.parameters), ("columns", query.columns)):
        if items:
            grid = RichTable.grid(padding=(0, 2))
            for item, meaning in items.items():
                grid.add_row(f"  {as_markup(item)}", as_markup(meaning))
            terminal.print(f"\n[bold]{title}[/bold]")
            terminal.print(grid, highlight=False)
    if example := query.text("example"):
        terminal.print(f"\n[bold]example[/bold]  {as_markup(example)}", highlight=False)


def _queries(connection: duckdb.DuckDBPyConnection) -> dict[str, Query]:
    """What the database has of the views, marts and macros, by name."""
    names = connection.execute("select name from metrics order by name").fetchall()
    return {name: all_queries()[name] for (name,) in names if name in all_queries()}


def _suggestion(name: str, listing: str, names: list[str]) -> str:
    """The names that are nearest, or else the command that lists them all."""
    near = [other for other in names if name in other] or difflib.get_close_matches(name, names)
    return f"did you mean {', '.join(near[:5])}?" if near else f"see: broadsheet {listing}"
