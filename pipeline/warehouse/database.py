"""The DuckDB file of a snapshot: tables, marts, views, macros and comments, all inside one file.

The tables are copied into the file, so that it can be taken anywhere. Only a table of very many rows stays in its
Parquet file, and the DuckDB file holds a view of it: copying it would take longer than making it. Such a file works
where the snapshot lies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.entries.words import text_forms
from pipeline.errors import BroadsheetError
from pipeline.schema.tables import TABLES
from pipeline.warehouse.sql_files import Query, all_queries, literal

#: Every DuckDB from 1.0 on can read a file of this storage version.
STORAGE_VERSION = "v1.0.0"
#: The oldest DuckDB in which every view, mart and macro is tried. Before 1.4, macros with a `query` are planned slowly:
#: what a query names twice is planned twice there, and the storage version does not keep `materialized`.
OLDEST_DUCKDB = "1.1"
#: A table with more rows than this is not copied but read from its Parquet file.
COPIED_ROWS = 500_000
#: Kinds of queries that a database holds.
IN_DATABASE = ("macros", "marts", "views")


def build_database(file: Path, tables: Mapping[str, Path], copied_rows: int = COPIED_ROWS) -> None:
    """Write a new DuckDB file with the tables (Parquet files by name) and all queries on them. Tables with more than
    `copied_rows` rows become views of their files.

    Raises `BroadsheetError`, naming the SQL file, when a query does not fit the tables.
    """
    with duckdb.connect() as connection, interruptible(connection):
        connection.execute(f"attach {literal(str(file))} as warehouse (storage_version '{STORAGE_VERSION}')")
        connection.execute("use warehouse")
        # Hundreds of comments in transactions of their own would take longer than all tables of a small warehouse.
        connection.execute("begin transaction")
        for name, parquet in tables.items():
            # A folder above may be named `month=1`, which is no column of ours.
            rows = f"read_parquet({literal(str(parquet.absolute()))}, hive_partitioning = false)"
            [(row_count,)] = connection.execute(f"select count(*) from {rows}").fetchall()
            kind = "table" if row_count <= copied_rows else "view"
            _execute(connection, f"create {kind} {name} as select * from {rows}", *_comments_on_table(name, kind))
        create_queries(connection)
        connection.execute("commit")
        connection.execute("checkpoint warehouse")


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create all tables, empty, with the types and comments of the schema."""
    for name, table in TABLES.items():
        connection.register("empty_table", table.polars_schema.to_frame())
        _execute(connection, f"create table {name} as select * from empty_table", *_comments_on_table(name, "table"))
        connection.unregister("empty_table")


def create_queries(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table `metrics` and all marts, views and macros on the tables of the current database.

    Raises `BroadsheetError`, naming the SQL file, when a query does not fit the tables.
    """
    _create_metrics(connection)
    _create_text_forms(connection)
    for query in all_queries().values():
        if query.kind in IN_DATABASE:
            try:
                _execute(connection, query.create_statement, *_comments_on_query(query))
            except duckdb.Error as error:
                raise BroadsheetError(f"{query.path}: {error}") from None


def export_results(file: Path, folder: Path) -> dict[str, Path]:
    """Write each mart and each headline view of a database as a Parquet file below `folder`, in a folder of its kind;
    returns the files by name.

    Each file says in its metadata what it is (`description`) and what its columns mean (`columns`, JSON by name).
    """
    files = {}
    with read_only(file) as connection:
        for query in all_queries().values():
            if query.is_written:
                files[query.name] = folder / query.kind / f"{query.name}.parquet"
                files[query.name].parent.mkdir(exist_ok=True)
                metadata = {"description": _description(query), "columns": json.dumps(query.columns)}
                said = ", ".join(f"{name}: {literal(text)}" for name, text in metadata.items())
                connection.execute(
                    f"copy (from {query.name}) to {literal(str(files[query.name]))} "
                    f"(format parquet, compression zstd, kv_metadata {{{said}}})"
                )
    return files


def read_from_files(connection: duckdb.DuckDBPyConnection, results: Mapping[str, Path]) -> None:
    """Have a connection take these views from the Parquet files that they were written to, instead of computing them
    again."""
    for name, file in results.items():
        rows = f"read_parquet({literal(str(file.absolute()))}, hive_partitioning = false)"
        connection.execute(f"create temporary view {name} as from {rows}")


@contextmanager
def read_only(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for reading; views, macros and tables are found by their names, instants shown in UTC.

    Raises `BroadsheetError` when the file is missing, damaged or locked.
    """
    try:
        connection = duckdb.connect(str(file), read_only=True)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        if "set lock on file" in reason:
            holder = re.search(r"held in (.+ \(PID \d+\))", reason)
            raise BroadsheetError(
                f"the database {file} is locked: another program holds it open for writing "
                f"({holder[1] if holder else reason}); end that program, or open the database read-only there"
            ) from None
        raise BroadsheetError(
            f"the database {file} cannot be opened ({reason}); go back to another snapshot with broadsheet rollback, "
            "or make a new one with broadsheet build --full"
        ) from None
    try:
        with interruptible(connection):
            yield connection
    finally:
        connection.close()


@contextmanager
def interruptible(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Ctrl-C while DuckDB works ends the work and is a `KeyboardInterrupt`, as it is everywhere else."""
    try:
        yield
    except RuntimeError as error:
        if str(error) != "Query interrupted":  # What DuckDB makes of a signal.
            raise
        connection.interrupt()  # Else its threads might go on, and closing the connection would wait for them.
        raise KeyboardInterrupt from None


def _create_text_forms(connection: duckdb.DuckDBPyConnection) -> None:
    """The table `text_forms`, in which the macros `normalized`, `unescaped` and `address_named` look up."""
    comments = {
        "kind": "`name` or `number` (a reference in HTML), `compatible` (NFKC), `folded` (case) or `pattern`",
        "written": "the spelling; of a pattern its name",
        "meaning": "what takes its place, an empty text if nothing does; of a pattern the characters it stands for",
    }
    _create_from_rows(connection, "text_forms", text_forms().select(*comments).rows(named=True), comments)
    connection.execute("comment on table text_forms is 'one row per spelling that the macro normalized replaces'")
    for column, comment in comments.items():
        connection.execute(f"comment on column text_forms.{column} is {literal(comment)}")


def _create_metrics(connection: duckdb.DuckDBPyConnection) -> None:
    """The table `metrics`: one row per view, mart and macro, from the comments of their files."""
    texts = ("question", "definition", "grain", "denominator", "edge_cases", "example")
    rows = [
        {"name": query.name, "kind": query.kind.removesuffix("s"), **{key: query.text(key) for key in texts}}
        for query in sorted(all_queries().values(), key=lambda query: query.name)
        if query.kind in IN_DATABASE
    ]
    _create_from_rows(connection, "metrics", rows, ("name", "kind", *texts))
    connection.execute(
        "comment on table metrics is 'one row per view, mart and macro: what it answers and how; needs DuckDB "
        f"{OLDEST_DUCKDB} or newer'"
    )


def _create_from_rows(
    connection: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Mapping[str, str | None]], columns: Iterable[str]
) -> None:
    """A table of texts. The rows go through JSON: for the first bound value or registered frame of a process, DuckDB
    imports pandas where it is installed, which takes longer than the rest of a small database."""
    structure = json.dumps([dict.fromkeys(columns, "VARCHAR")])
    connection.execute(
        f"create table {name} as "
        f"select unnest(from_json({literal(json.dumps(rows))}, {literal(structure)}), recursive := true)"
    )


def _execute(connection: duckdb.DuckDBPyConnection, *statements: str) -> None:
    """Statements in one call: hundreds of short ones cost more in calls than in work."""
    connection.execute(";\n".join(statements))


def _comments_on_table(name: str, kind: str) -> Iterator[str]:
    table = TABLES[name]
    yield f"comment on {kind} {name} is {literal(table.grain)}"
    for column in table.column_names:
        yield f'comment on column {name}."{column}" is {literal(table.describe(column))}'


def _comments_on_query(query: Query) -> Iterator[str]:
    kind = {"views": "view", "marts": "table", "macros": "macro" if query.is_scalar else "macro table"}[query.kind]
    yield f"comment on {kind} {query.name} is {literal(_description(query))}"
    if query.kind != "macros":
        for column, description in query.columns.items():
            yield f'comment on column {query.name}."{column}" is {literal(description)}'


def _description(query: Query) -> str:
    grain = query.text("grain")
    return query.question + (f" ({grain})" if grain else "")
