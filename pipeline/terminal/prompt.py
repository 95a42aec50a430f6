"""The interactive prompt: statements over lines, a few commands, names completed, history from one time to the next."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from pipeline.errors import BroadsheetError, QueryError
from pipeline.terminal import catalog
from pipeline.terminal.layout import tell
from pipeline.terminal.results import show_result
from pipeline.terminal.story import show_links
from pipeline.texts import visible
from pipeline.warehouse.asking import Access, open_database
from pipeline.warehouse.database import interruptible

_HELP = """End a query with a semicolon. Besides queries there are, each on a line of its own:
.tables          what there is
.columns NAME    what the columns of a table or view mean, or all about a macro
.metrics [NAME]  what each number answers, or all about one
.open STORY      the links of a story: words of its title, a story_id or an address
.help            this list
.exit            the end"""
#: Words of other prompts that are answered at once, since they are no SQL.
_ENDS = (".exit", ".quit", "exit", "quit", "\\q")
_HELPS = (".help", "help", "\\?", "\\h")
#: How many queries are remembered.
_HISTORY_LENGTH = 1000


def run_prompt(database: Path, access: Access) -> bool:
    """Read queries until the end of the input; each may span lines and ends with a semicolon.

    An error is shown and the next query taken. Returns whether a script can go on: all queries of a pipe were answered.
    """
    interactive = sys.stdin.isatty()
    answered = True
    with open_database(database, access) as connection, _line_editor(connection, interactive) as remember:
        if interactive:
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
            words = line.strip().removesuffix(";").split(maxsplit=1) or [""]
            if words[0].lower() in _ENDS and not pending:
                break
            # What was begun is not lost, and a command is no part of it.
            command = _command(connection, words, is_begun=bool(pending))
            if command is not None:
                remember(line)
                answered &= _try(connection, command)
                continue
            pending = f"{pending}\n{line}".strip()
            if _is_complete(pending):
                remember(pending)
                answered &= _try(connection, _shown(connection, pending, access))
                pending = ""
        if pending:
            answered &= _try(connection, _shown(connection, pending, access))
    return answered or interactive


def _command(connection: duckdb.DuckDBPyConnection, words: list[str], is_begun: bool) -> Callable[[], None] | None:
    """What a line asks for that is no SQL; in a query that is begun, only the commands that there are."""
    word, argument = words[0].lower(), words[1].strip() if len(words) > 1 else ""
    if word in _HELPS and (word.startswith(".") or not is_begun):
        return lambda: tell(_HELP)
    if word == ".tables":
        return lambda: catalog.show_contents(connection)
    if word == ".metrics":
        return lambda: catalog.show_metrics(connection, argument or None)
    if word in (".columns", ".open"):
        show = catalog.show_columns if word == ".columns" else show_links
        return lambda: show(connection, argument) if argument else _refuse(f"{word} needs a name; .help lists all")
    if not is_begun and word.startswith((".", "\\")):
        return lambda: _refuse(f"there is no command {words[0]}; .help lists all")
    return None


def _refuse(sentence: str) -> None:
    raise QueryError(sentence)


def _shown(connection: duckdb.DuckDBPyConnection, query: str, access: Access) -> Callable[[], None]:
    return lambda: show_result(connection, query, "table", access)


def _is_complete(query: str) -> bool:
    """Whether a query ends with a semicolon; one inside a text or a remark ends nothing."""
    tokens = duckdb.tokenize(query)
    return bool(tokens) and query.encode()[tokens[-1][0] :].startswith(b";")


def _try(connection: duckdb.DuckDBPyConnection, show: Callable[[], None]) -> bool:
    """Show a result, or say why there is none; returns whether there is one."""
    try:
        with interruptible(connection):
            show()
        return True
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
    except BroadsheetError as error:
        for line in (str(error), *error.place.splitlines()):
            print(visible(line), file=sys.stderr)
    return False


# Lines of a terminal ------------------------------------------------------------------------------------------------


@contextmanager
def _line_editor(connection: duckdb.DuckDBPyConnection, interactive: bool) -> Iterator[Callable[[str], None]]:
    """Names are completed by the tabulator key, and the arrow keys bring back what was asked, also earlier.

    Yields what remembers a query. Where there is no terminal, nothing is remembered.
    """
    try:
        import readline
    except ImportError:
        interactive = False
    if not interactive:
        yield lambda query: None
        return
    _complete_names(connection)
    file = _history_file()
    readline.set_auto_history(False)
    readline.clear_history()
    readline.set_history_length(_HISTORY_LENGTH)
    with suppress(OSError):
        readline.read_history_file(file)

    def remember(query: str) -> None:
        # A whole query comes back at once, on one line, unless the rest of it would become a remark.
        for item in query.splitlines() if "--" in query else [" ".join(query.split())]:
            if item:
                readline.add_history(item)

    try:
        yield remember
    finally:
        with suppress(OSError):  # Without a place for it, there is no history.
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            readline.write_history_file(file)


def _history_file() -> Path:
    """Where the XDG Base Directory Specification puts what a program remembers."""
    state = os.environ.get("XDG_STATE_HOME", "")
    folder = Path(state) if Path(state).is_absolute() else Path("~/.local/state").expanduser()
    return folder / "broadsheet" / "history"


def _complete_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the tabulator key complete names of tables, views, macros and columns."""
    import readline

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
