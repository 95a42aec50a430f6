"""The interactive prompt: statements over lines, a few shortcuts, names completed by the tabulator key."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from pipeline.terminal.catalog import CONTENTS
from pipeline.terminal.layout import tell
from pipeline.terminal.results import show_result
from pipeline.texts import visible
from pipeline.warehouse.asking import Access, QueryError, open_database
from pipeline.warehouse.database import interruptible

_HELP = "End a query with a semicolon. .tables lists what there is, .columns NAME its columns, .exit ends."


def run_prompt(database: Path, access: Access) -> bool:
    """Read queries until the end of the input; each may span lines and ends with a semicolon.

    An error is shown and the next query taken. Returns whether a script can go on: all queries of a pipe were answered.
    """
    interactive = sys.stdin.isatty()
    answered = True
    with open_database(database, access) as connection:
        if interactive:
            _complete_names(connection)
            tell(f"Broadsheet, {'safe' if access.safe else 'read-only'} on {database}\n{_HELP}")
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
                pending = ""
                break
            if not pending and word == ".help":
                print(_HELP)
                continue
            shortcuts = {".tables": CONTENTS, ".columns": f"describe {argument}"} if not pending else {}
            pending = f"{shortcuts[word]};" if word in shortcuts else f"{pending}\n{line}".strip()
            if _is_complete(pending):
                answered &= _try(connection, pending, access)
                pending = ""
        if pending:
            answered &= _try(connection, pending, access)
    return answered or interactive


def _is_complete(query: str) -> bool:
    """Whether a query ends with a semicolon; one inside a text or a remark ends nothing."""
    tokens = duckdb.tokenize(query)
    return bool(tokens) and query.encode()[tokens[-1][0] :].startswith(b";")


def _try(connection: duckdb.DuckDBPyConnection, query: str, access: Access) -> bool:
    """Show the result of a query, or why there is none; returns whether there is one."""
    try:
        with interruptible(connection):
            show_result(connection, query, "table", access)
        return True
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
    except QueryError as error:
        print(visible(str(error)), file=sys.stderr)
    return False


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
