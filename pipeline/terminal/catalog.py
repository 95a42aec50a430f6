"""What there is to ask: tables with their columns, metrics with their definitions."""

from __future__ import annotations

import difflib

from rich.table import Table as RichTable

from pipeline.errors import InputError
from pipeline.terminal.layout import as_markup, grid_of, open_console, print_grid
from pipeline.warehouse.database import IN_DATABASE, read_only
from pipeline.warehouse.snapshots import Snapshot

CONTENTS = """
select kind, name, question from metrics
union all select 'table', table_name, comment from duckdb_tables() where table_name not in (select name from metrics)
union all select 'table', view_name, comment from duckdb_views()
where not internal and view_name not in (select name from metrics)
order by name
"""


def show_contents(snapshot: Snapshot) -> None:
    """Everything in the database by kind, with row counts of what is stored."""
    counts = {name: item.row_count for name, item in (snapshot.record.tables | snapshot.record.marts).items()}
    with read_only(snapshot.database) as connection:
        contents = connection.execute(CONTENTS).fetchall()
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
        grid = grid_of(title, ["name", *(["rows"] if stored else []), "what it is" if stored else "what it answers"])
        for _, name, description in rows:
            shown = f"{name}({parameters.get(name, '')})" if kind == "macro" else name
            count = counts.get(name)
            grid.add_row(
                shown, *([f"{count:,}" if count is not None else ""] if stored else []), as_markup(description or "")
            )
        print_grid(grid)


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
    grid = grid_of(name, ["column", "type", "what it means"])
    for column in columns:
        grid.add_row(*(as_markup(text or "") for text in column))
    print_grid(grid)


def show_metrics(snapshot: Snapshot, name: str | None) -> None:
    """All metrics with their questions, or one with everything about it. Raises `InputError` when there is none."""
    from pipeline.warehouse.sql_files import all_queries

    if name is None:
        grid = grid_of("Metrics", ["name", "kind", "what it answers"])
        with read_only(snapshot.database) as connection:
            for row in connection.execute("select name, kind, question from metrics order by name").fetchall():
                grid.add_row(*map(as_markup, row))
        print_grid(grid)
        return
    queries = {query.name: query for query in all_queries().values() if query.kind in IN_DATABASE}
    query = queries.get(name)
    if query is None:
        near = [other for other in queries if name in other] or difflib.get_close_matches(name, queries)
        hint = f"did you mean {', '.join(near[:5])}?" if near else "see: broadsheet metrics"
        raise InputError(f"there is no metric {name!r}; {hint}")
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
