"""What there is to ask: tables with their columns, metrics with their definitions."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
from rich.table import Table as RichTable

from pipeline.errors import InputError
from pipeline.schema.tables import TABLES
from pipeline.terminal.layout import as_markup, grid_of, open_console, print_grid
from pipeline.texts import nearest
from pipeline.warehouse.sql_files import CHAPTERS, MARTS, Query, all_queries

_CONTENTS = """
select kind, name, question, parameters from metrics
left join duckdb_functions() on function_name = name and not internal
union all
select 'table', table_name, comment, null from duckdb_tables() where table_name not in (select name from metrics)
union all
select 'table', view_name, comment, null from duckdb_views()
where not internal and view_name not in (select name from metrics)
order by name
"""


@dataclass(frozen=True)
class Item:
    """A table, mart, view or macro that a database holds: its kind, its name, what it is or answers, and what a macro
    takes."""

    kind: str
    name: str
    meaning: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table or view: its name, DuckDB's type and what it means."""

    name: str
    type: str
    meaning: str


def contents(connection: duckdb.DuckDBPyConnection) -> list[Item]:
    """Everything in a database, by name."""
    return [
        Item(kind, name, meaning or "", tuple(parameters or ()))
        for kind, name, meaning, parameters in connection.execute(_CONTENTS).fetchall()
    ]


def item_named(connection: duckdb.DuckDBPyConnection, name: str) -> Item:
    """The table, mart, view or macro of this name. Raises `InputError`, naming the nearest, when there is none."""
    items = {item.name: item for item in contents(connection)}
    if name not in items:
        raise InputError(
            f"there is no table, view or macro {name!r}; {nearest(name, list(items)) or 'see: broadsheet tables'}"
        )
    return items[name]


def columns_of(connection: duckdb.DuckDBPyConnection, name: str) -> list[Column]:
    """The columns of a table, mart or view in their order; none of a macro."""
    rows = connection.execute(
        "select column_name, lower(data_type), comment from duckdb_columns() "
        "where table_name = ? order by column_index",
        [name],
    ).fetchall()
    return [Column(column, kind, meaning or "") for column, kind, meaning in rows]


def metric_named(connection: duckdb.DuckDBPyConnection, name: str) -> Query:
    """A view, mart or macro of a database. Raises `InputError`, naming the nearest, when there is none of that name."""
    queries = _queries(connection)
    if name not in queries:
        if name in TABLES or name == "metrics":
            raise InputError(f"{name!r} is a table, no metric; see: broadsheet tables {name}")
        raise InputError(f"there is no metric {name!r}; {nearest(name, list(queries)) or 'see: broadsheet metrics'}")
    return queries[name]


def show_contents(connection: duckdb.DuckDBPyConnection) -> None:
    """Everything in the database by kind, with row counts of what is stored."""
    items = contents(connection)
    for kind, title in (("table", "Tables"), ("mart", "Marts"), ("view", "Views"), ("macro", "Macros")):
        found = [item for item in items if item.kind == kind]
        stored = kind in ("table", "mart")
        grid = grid_of(title, ["name", *(["rows"] if stored else []), "what it is" if stored else "what it answers"])
        for item in found:
            shown = f"{item.name}({', '.join(item.parameters)})" if kind == "macro" else item.name
            counted = connection.execute(f'select count(*) from "{item.name}"').fetchall() if stored else []
            grid.add_row(shown, *(f"{count:,}" for (count,) in counted), as_markup(item.meaning))
        if found:
            print_grid(grid)


def show_columns(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Columns of one table, view or macro. Raises `InputError` when there is none of that name."""
    if item_named(connection, name).kind == "macro":
        show_metrics(connection, name)
        return
    grid = grid_of(name, ["column", "type", "what it means"])
    for column in columns_of(connection, name):
        grid.add_row(*map(as_markup, (column.name, column.type, column.meaning)))
    print_grid(grid)


def show_metrics(connection: duckdb.DuckDBPyConnection, name: str | None) -> None:
    """All metrics with their questions, in the order of the book, or one with everything about it.

    Raises `InputError` when there is none.
    """
    if name is None:
        queries = _queries(connection)
        for chapter in (*CHAPTERS, MARTS):
            grid = grid_of(chapter, ["name", "kind", "what it answers"])
            for query in queries.values():
                if query.chapter == chapter:
                    grid.add_row(query.name, query.kind.removesuffix("s"), as_markup(query.question))
            print_grid(grid)
        return
    query = metric_named(connection, name)
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
