"""The files of `sql/` as objects: one query per file, the file's name is the query's name, the folder is its kind.

A file is a comment and a SELECT. The comment is YAML and is the only place where a query is described: it feeds the
DuckDB comments, the Dagster descriptions, the `metrics` table, the documentation and the command line. What the
statement around the SELECT is (CREATE VIEW, CREATE MACRO, CREATE TABLE) follows from the folder.

    /*
    question: Who has which share of the coverage?
    grain: one row per provider
    columns:
      provider_id: key of the provider
    */
    select ...
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal, get_args

import duckdb
import yaml

from pipeline.settings import SQL_FOLDER

Kind = Literal["macros", "marts", "views", "checks", "examples"]

_FILE = re.compile(r"\s*/\*(?P<header>.*?)\*/\s*(?P<body>.*?);?\s*", re.DOTALL)
_HEADER_KEYS = {
    "chapter",
    "question",
    "definition",
    "grain",
    "denominator",
    "edge_cases",
    "example",
    "columns",
    "parameters",
    "returns",
    "severity",
    "remedy",
    "answer",
}


@dataclass(frozen=True)
class Query:
    """One file of `sql/`. `parameters` maps the declaration (`name` or `name = default`) to what it means; `returns`
    is the type of a scalar macro and absent for everything else.
    """

    name: str
    kind: Kind
    path: Path
    select: str
    question: str
    header: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def columns(self) -> Mapping[str, str]:
        return self.header.get("columns") or {}

    @property
    def parameters(self) -> Mapping[str, str]:
        return self.header.get("parameters") or {}

    @property
    def is_scalar(self) -> bool:
        return "returns" in self.header

    def text(self, key: str) -> str | None:
        """A part of the header as one line of text."""
        value = self.header.get(key)
        return None if value is None else " ".join(str(value).split())

    @property
    def create_statement(self) -> str:
        """The statement that makes the query an object of the database."""
        if self.kind == "marts":
            return f"create table {self.name} as {self.select}"
        if self.kind == "macros":
            parameters = ", ".join(declaration.replace("=", ":=") for declaration in self.parameters)
            return f"create macro {self.name}({parameters}) as {'' if self.is_scalar else 'table '}{self.select}"
        return f"create view {self.name} as {self.select}"


def read_query(path: Path) -> Query:
    """The query in one file.

    Raises `ValueError`, naming the file, when it is not a YAML comment and a SELECT.
    """
    match = _FILE.fullmatch(path.read_text(encoding="utf-8"))
    if match is None:
        raise ValueError(f"{path}: begin the file with a comment /* ... */ that describes the query")
    try:
        header = yaml.load(match["header"], yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: the comment is not valid YAML: {error}") from None
    if not isinstance(header, dict) or "question" not in header:
        raise ValueError(f"{path}: the comment needs at least a line 'question: ...'")
    if unknown := set(header) - _HEADER_KEYS:
        raise ValueError(f"{path}: unknown keys in the comment: {', '.join(sorted(unknown))}")
    kind = path.parent.name
    if kind not in get_args(Kind):
        raise ValueError(f"{path}: lies in none of the folders {', '.join(get_args(Kind))}")
    question = " ".join(str(header["question"]).split())
    return Query(path.stem, kind, path, match["body"].strip(), question, header)  # type: ignore[arg-type]


@cache
def all_queries(folder: Path = SQL_FOLDER) -> Mapping[str, Query]:
    """Every query by name, in an order in which each comes after those that it reads.

    Raises `ValueError` when two files have one name, or when queries read each other in a circle.
    """
    queries: dict[str, Query] = {}
    for query in map(read_query, sorted(folder.glob("*/*.sql"))):
        if query.name in queries:
            raise ValueError(f"two files have one name: {queries[query.name].path} and {query.path}")
        queries[query.name] = query
    # Sorted, because a set of texts has another order in every process, and so would have the queries.
    inputs = {name: sorted(_references(queries[name]) & set(queries)) for name in sorted(queries)}
    try:
        order = TopologicalSorter(inputs).static_order()
        return {name: queries[name] for name in order}
    except CycleError as error:
        raise ValueError(f"these queries read each other in a circle: {' -> '.join(error.args[1])}") from None


def reads(query: Query) -> frozenset[str]:
    """Names of the tables, views, marts and macros that a query reads directly; macros by name as well."""
    return _references(query)


@cache
def _references(query: Query) -> frozenset[str]:
    """Names read from DuckDB's own parse tree; binding would need the tables to be there."""
    statement = f"select {query.select}" if query.is_scalar else query.select
    [(text,)] = _parser().execute("select json_serialize_sql(?)", [statement]).fetchall()
    tables: set[str] = set()
    common: set[str] = set()

    def note(node: dict[str, Any]) -> dict[str, Any]:
        if node.get("type") == "BASE_TABLE":
            tables.add(node["table_name"])
        elif "function_name" in node:
            tables.add(node["function_name"])
        if "cte_map" in node:
            common.update(entry["key"] for entry in node["cte_map"]["map"])
        return node

    tree = json.loads(text, object_hook=note)
    if tree["error"]:
        raise ValueError(f"{query.path}: {tree['error_message']}")
    return frozenset(tables - common - {query.name})


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()
