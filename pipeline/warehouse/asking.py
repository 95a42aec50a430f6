"""Ask a database what somebody wants to know. What they may do by asking is said once, here."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.errors import InputError, QueryError
from pipeline.schema.tables import TABLES
from pipeline.texts import nearest
from pipeline.warehouse.database import read_only
from pipeline.warehouse.sql_files import Query, all_queries, literal

#: What a macro can be given, and what a column can be held against.
Value = str | int | float | bool | list[str] | list[int] | list[float] | None


@dataclass(frozen=True)
class Access:
    """What a query may do. The database is read-only in any case.

    Plain SQL reads and writes files as the user who asks, loads extensions and changes settings. `safe` allows queries
    alone, which reach no other file than those of the snapshot, no network, no variable of Python and no setting.
    `seconds` is how long it may take (None: as long as it takes).
    """

    safe: bool = False
    seconds: float | None = None


@contextmanager
def open_database(file: Path, access: Access) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for reading, with the locks of a safe access on it. Raises as `read_only`."""
    with read_only(file) as connection:
        if access.safe:
            # A table of very many rows is a view of its Parquet file, and so may be a view that was written. Nothing is
            # spilled to disk.
            own = ", ".join(literal(str(path)) for path in sorted(file.absolute().parent.rglob("*.parquet")))
            try:
                connection.execute(
                    f"set allowed_paths = [{own}]; set temp_directory = ''; "
                    "set global python_enable_replacements = false; "
                    "set enable_external_access = false; set lock_configuration = true"
                )
            except duckdb.InvalidInputException:
                # All connections of a process to one file share their settings: another one has locked them already.
                if connection.execute("select current_setting('lock_configuration')").fetchone() != (True,):
                    raise
        yield connection


def answers(connection: duckdb.DuckDBPyConnection, query: str, access: Access) -> Iterator[duckdb.DuckDBPyConnection]:
    """Run the statements of a query in turn; yields the connection for each one that has rows to fetch.

    Raises `QueryError`, also while the rows are fetched, if that happens inside `limits`.
    """
    statements = connection.extract_statements(query)
    if not statements:
        raise QueryError("the query is empty")
    for statement in statements:
        # DuckDB puts a statement without a text before a pivot, which makes a type of the values that become columns.
        # The files of the snapshot can be reached, so that COPY could write to them, also inside of EXPLAIN ANALYZE.
        if access.safe and statement.query and statement.type != duckdb.StatementType.SELECT:
            raise QueryError(f"{statement.type.name} is no query; safe access answers queries alone")
        connection.execute(statement)
        if statement.expected_result_type == [duckdb.ExpectedResultType.QUERY_RESULT]:
            yield connection


@contextmanager
def limits(connection: duckdb.DuckDBPyConnection, access: Access) -> Iterator[None]:
    """What is asked inside ends when its time is over; errors of DuckDB become a `QueryError` of one sentence."""
    is_done = threading.Event()

    def stop() -> None:
        if not is_done.wait(access.seconds):
            while not is_done.wait(0.1):  # Between two statements there is nothing to interrupt.
                connection.interrupt()

    if access.seconds is not None:
        threading.Thread(target=stop, daemon=True).start()
    try:
        yield
    except duckdb.InterruptException:
        raise QueryError(f"stopped after {access.seconds:g} s; ask for less, or allow more time") from None
    except duckdb.Error as error:
        raise QueryError(*_sentence_and_place(error)) from None
    except OverflowError:
        raise QueryError("a value is too large to be shown; cast it to varchar") from None
    finally:
        is_done.set()


def call(macro: Query, arguments: Mapping[str, Value]) -> str:
    """The query that asks a macro with arguments by name.

    Raises `InputError`, naming the nearest, for a name that is no parameter, and for one that is missing.
    """
    defaults = {name.strip(): default for name, _, default in (item.partition("=") for item in macro.parameters)}
    given = ", ".join(
        f"{_known(name, defaults, f'parameter of {macro.name}')} := {value_literal(value)}"
        for name, value in arguments.items()
    )
    if missing := [name for name, default in defaults.items() if not default and name not in arguments]:
        raise InputError(f"{macro.name} needs {' and '.join(missing)}; all parameters are {', '.join(defaults)}")
    return f"select {macro.name}({given}) as {macro.name}" if macro.is_scalar else f"from {macro.name}({given})"


def rows_where(name: str, columns: Iterable[str], values: Mapping[str, Value]) -> str:
    """The query for the rows of a table, mart or view in which each of these columns has a value, or one of several.

    Raises `InputError`, naming the nearest, for a name that is no column.
    """
    known = list(columns)
    conditions = []
    for column, value in values.items():
        quoted = f'"{_known(column, known, f"column of {name}")}"'
        if isinstance(value, list):
            conditions.append(f"{quoted} in ({', '.join(map(value_literal, value))})" if value else "false")
        else:
            conditions.append(f"{quoted} is not distinct from {value_literal(value)}")
    return f"from {name}" + (f" where {' and '.join(conditions)}" if conditions else "")


def value_literal(value: Value) -> str:
    """A value as an SQL literal. Raises `InputError` for a text that DuckDB cannot have."""
    if isinstance(value, list):
        return f"[{', '.join(map(value_literal, value))}]"
    if isinstance(value, str):
        if re.search("[\x00\ud800-\udfff]", value):
            raise InputError(f"no text of the warehouse has the zero character or half of one: {value!r}")
        return literal(value)
    return "null" if value is None else str(value).lower()


def _known(name: str, names: Iterable[str], kind: str) -> str:
    if name not in (known := list(names)):
        remedy = nearest(name, known) or f"there are {', '.join(known)}"
        raise InputError(f"{name!r} is no {kind}; {remedy}")
    return name


def _sentence_and_place(error: duckdb.Error) -> tuple[str, str]:
    """DuckDB's message: what is wrong and its suggestion, and the line of the query with a caret below."""
    sentence, _, place = str(error).partition("\n\nLINE ")
    words = " ".join(sentence.split())
    # What a macro says of a name that is nowhere, is a sentence of its own.
    words = words.removeprefix("Invalid Input Error: ")
    return _in_other_words(words), f"LINE {place.rstrip()}" if place else ""


def _in_other_words(words: str) -> str:
    """What is meant, where DuckDB does not know that views are called without parentheses and macros with them."""
    if match := re.search(r"Table with name (\w+) does not exist", words):
        query = all_queries().get(match[1].lower())
        if query and query.kind == "macros":
            return f"{query.name} takes parameters: {query.name}({', '.join(query.parameters)})"
    if match := re.search(r"Table Function with name (\w+) does not exist", words):
        name = match[1].lower()
        if name in TABLES or name in all_queries():
            macro = all_queries().get(f"{name}_for")
            other = f"; {macro.name}({', '.join(macro.parameters)}) does" if macro else ""
            return f"{name} takes no parameters and no parentheses{other}"
    if match := re.search(r"Macro (\w+)\(\) does not support the supplied arguments.*Candidate macros: (.+)", words):
        return f"{match[1]} takes other parameters: {match[2]}"
    if match := re.search(r'Could not find key "(.+)" in struct Candidate Entries: (.+)', words):
        return f"there is no {match[1]!r}; the nearest are: {match[2]}".replace('"', "")
    return words
