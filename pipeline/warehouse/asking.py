"""Ask a database what somebody wants to know. What they may do by asking is said once, here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.errors import QueryError
from pipeline.warehouse.database import literal, read_only


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
            # A table of very many rows is a view of its Parquet file. Nothing is spilled to disk.
            own = ", ".join(literal(str(path)) for path in sorted(file.absolute().parent.glob("*.parquet")))
            connection.execute(
                f"set allowed_paths = [{own}]; set temp_directory = ''; set python_enable_replacements = false; "
                "set enable_external_access = false; set lock_configuration = true"
            )
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
        raise QueryError(f"stopped after {access.seconds:g} seconds; ask for less, or allow more time") from None
    except duckdb.Error as error:
        raise QueryError(*_sentence_and_place(error)) from None
    finally:
        is_done.set()


def _sentence_and_place(error: duckdb.Error) -> tuple[str, str]:
    """DuckDB's message: what is wrong and its suggestion, and the line of the query with a caret below."""
    sentence, _, place = str(error).partition("\n\nLINE ")
    words = " ".join(sentence.split())
    # What a macro says of a name that is nowhere, is a sentence of its own.
    words = words.removeprefix("Invalid Input Error: ")
    return words, f"LINE {place.rstrip()}" if place else ""
