"""The files of `sql/` as objects: one query per file, the file's name is the query's name, the folder is its kind.

A file is a comment and a SELECT. The comment is YAML and is the only place where a query is described: it feeds the
DuckDB comments, the Dagster descriptions, the `metrics` table, the documentation and the command line. What the
statement around the SELECT is (CREATE VIEW, CREATE MACRO, CREATE TABLE) follows from the folder.

    /*
    chapter: Who covers how much
    question: Who has which share of the coverage?
    grain: one row per provider
    example: from share_of_voice limit 10
    columns:
      article_count: distinct articles of the provider
    */
    select provider_domain, article_count ...

The columns are those of the SELECT; `columns` says only what a column means here and nowhere else. What it leaves out
is described by the macro that a view belongs to, else by `sql/columns.yaml`, else by the schema of the tables. A view
that says `headline: true` is also written as a Parquet file: its rows are bounded by providers, publishers, topics or
periods, or it lists the stories. The answer of an example is the one on the bundled seed; with `corpus: generated`, on
what `broadsheet generate 2000` makes. A macro of one parameter that says `lazy` is null or without rows for null, takes
a constant, and is planned only for one that is not null: `lazy: true` for a scalar, the columns with their types for a
table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal, cast

import duckdb
import yaml

from pipeline.errors import BroadsheetError
from pipeline.schema.columns import COLUMNS
from pipeline.schema.tables import TABLES
from pipeline.settings import SQL_FOLDER

Kind = Literal["macros", "marts", "views", "checks", "examples"]

#: Chapters of the book of metrics in their order. A view and a macro name theirs.
CHAPTERS = (
    "Who covers how much",
    "Who covers what, alone or together",
    "Who is first, who is late",
    "Stories and articles",
    "When it appears",
    "What is copied",
    "How good it is",
    "How far to trust it",
    "Building blocks",
)
#: The chapter of all marts.
MARTS = "Marts"

_FILE = re.compile(r"\s*/\*(?P<header>.*?)\*/\s*(?P<body>.*?);?\s*", re.DOTALL)
#: Keys of the comment by kind: those that it must have, and those that it may have.
_KEYS: Mapping[str, tuple[set[str], set[str]]] = {
    "views": (
        {"chapter", "question", "grain", "example"},
        {"definition", "denominator", "edge_cases", "columns", "headline"},
    ),
    "marts": ({"question", "grain", "example"}, {"definition", "denominator", "edge_cases", "columns"}),
    "macros": (
        {"chapter", "question", "signature", "example"},
        {"grain", "definition", "denominator", "edge_cases", "columns", "parameters", "returns", "lazy"},
    ),
    "checks": ({"question", "severity", "remedy"}, {"definition"}),
    "examples": ({"question", "answer"}, {"corpus"}),
}
#: What a view that leaves it out has from its macro.
_FROM_MACRO = ("definition", "denominator", "edge_cases")


@dataclass(frozen=True)
class Query:
    """One file of `sql/`. `columns` and `parameters` say what each of them means; a parameter stands there as it is
    declared (`name` or `name = default`). `returns` is the type of a scalar macro and absent for everything else.
    """

    name: str
    kind: Kind
    path: Path
    select: str
    header: Mapping[str, Any] = field(repr=False, compare=False)
    columns: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def question(self) -> str:
        return self.text("question") or ""

    @property
    def is_written(self) -> bool:
        """Its result is also a Parquet file, for readers without DuckDB."""
        return self.kind == "marts" or bool(self.header.get("headline"))

    @property
    def chapter(self) -> str:
        """Where a view, mart or macro stands in the book of metrics."""
        return MARTS if self.kind == "marts" else str(self.header["chapter"])

    @property
    def is_scalar(self) -> bool:
        return "returns" in self.header

    def text(self, key: str) -> str | None:
        """A part of the header as one line of text."""
        value = self.header.get(key)
        return None if value is None else " ".join(str(value).split())

    @property
    def create_statement(self) -> str:
        """The statement that makes the query an object of the database.

        DuckDB counts in 64 bits, which JavaScript reads as BigInt, a type that it neither adds to numbers nor writes as
        JSON. So what a view, a mart or a macro counts has 32 bits, like the counts of the tables.
        """
        counts = [name for name in self.columns if name.endswith("_count") and not name.startswith("fractional_")]
        select = self.select
        if counts and self.chapter != "Building blocks":
            replaced = ", ".join(f"cast({name} as integer) as {name}" for name in counts)
            select = f"select * replace ({replaced}) from ({self.select})"
        if self.kind == "marts":
            return f"create table {self.name} as {select}"
        if self.kind == "macros":
            signature = (self.text("signature") or "").replace("=", ":=")
            if lazy := self.header.get("lazy"):
                return _lazy_macro(self.name, signature, self.header.get("returns") or lazy, self.is_scalar, select)
            return f"create macro {self.name}({signature}) as {'' if self.is_scalar else 'table '}{select}"
        return f"create view {self.name} as {select}"


def _lazy_macro(name: str, parameter: str, returns: str, is_scalar: bool, body: str) -> str:
    """A macro as two: one that looks whether there is something to do, and one that does it. `returns` is the type of a
    scalar, or the columns of a table with their types.

    DuckDB plans all that a macro says before it finds that a filter is null, and with most views that took more time
    than all else. What stands in a text is planned only when that text is chosen.
    """
    quote = "''''"  # A quotation mark as a literal.
    quoted = f"{quote} || replace(cast({parameter} as varchar), {quote}, {quote} || {quote}) || {quote}"
    done = f"{name}_of_text(' || {quoted} || ')"
    if is_scalar:
        nothing, something = f"select cast(null as {returns}) as answer", f"select {done} as answer"
        answer = "(select answer from query({}))"
    else:
        columns = (column.split() for column in returns.split(","))
        nothing = f"select {', '.join(f'cast(null as {kind}) as {column}' for column, kind in columns)} where false"
        something, answer = f"from {done}", "table from query({})"
    chosen = f"if({parameter} is null, '{nothing}', '{something}')"
    return (
        f"create macro {name}_of_text({parameter}) as {'' if is_scalar else 'table '}{body};\n"
        f"comment on macro {'' if is_scalar else 'table '}{name}_of_text is "
        f"'what {name} does with a text that is not null';\n"
        f"create macro {name}({parameter}) as {answer.format(chosen)}"
    )


def read_query(path: Path) -> Query:
    """The query in one file, described as far as its own comment does.

    Raises `BroadsheetError`, naming the file and the remedy, when it is not a SELECT below a YAML comment that has the
    keys of its kind.
    """
    match = _FILE.fullmatch(path.read_text(encoding="utf-8"))
    if match is None:
        raise BroadsheetError(f"{path}: begin the file with a comment /* ... */ that describes the query")
    kind = path.parent.name
    if kind not in _KEYS:
        raise BroadsheetError(f"{path}: lies in none of the folders {', '.join(_KEYS)}")
    try:
        header = yaml.load(match["header"], yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise BroadsheetError(f"{path}: the comment is not valid YAML: {error}") from None
    required, allowed = _KEYS[kind]
    found = set(header) if isinstance(header, dict) else set()
    for key in sorted(required - found):
        raise BroadsheetError(f"{path}: the comment needs a line '{key}: ...'; every file of sql/{kind} has one")
    if unknown := found - required - allowed:
        raise BroadsheetError(
            f"{path}: unknown keys in the comment: {', '.join(sorted(unknown))}; files of sql/{kind} may have "
            f"{', '.join(sorted(required | allowed))}"
        )
    if "chapter" in header and header["chapter"] not in CHAPTERS:
        raise BroadsheetError(f"{path}: there is no chapter {header['chapter']!r}; choose one of {', '.join(CHAPTERS)}")
    if header.get("severity", "error") not in ("error", "warning"):
        raise BroadsheetError(f"{path}: the severity is 'error' or 'warning', not {header['severity']!r}")
    lazy = header.get("lazy")
    if lazy and (re.search("[,=]", header["signature"]) or (lazy is True) != ("returns" in header)):
        raise BroadsheetError(
            f"{path}: a macro of one parameter without a default can be lazy: `lazy: true` beside `returns`, or the "
            "columns with their types, `lazy: word varchar, count bigint`"
        )
    return Query(path.stem, cast(Kind, kind), path, match["body"].strip(), header)


@cache
def all_queries(folder: Path = SQL_FOLDER) -> Mapping[str, Query]:
    """Every query by name, in an order in which each comes after those that it reads.

    Raises `BroadsheetError` when a file is not as it should be, when two files have one name, when queries read each
    other in a circle, or when nothing says what a column or parameter means.
    """
    read: dict[str, Query] = {}
    for query in map(read_query, sorted(folder.glob("*/*.sql"))):
        if query.name in read:
            raise BroadsheetError(f"two files have one name: {read[query.name].path} and {query.path}")
        read[query.name] = query
    # Sorted, because a set of texts has another order in every process, and so would have the queries.
    inputs = {name: sorted(reads(read[name]) & set(read)) for name in sorted(read)}
    try:
        order = list(TopologicalSorter(inputs).static_order())
    except CycleError as error:
        raise BroadsheetError(f"these queries read each other in a circle: {' -> '.join(error.args[1])}") from None
    vocabulary = {
        **{name: column.description for name, column in COLUMNS.items()},
        **_vocabulary(folder / "columns.yaml"),
    }
    queries: dict[str, Query] = {}
    # Macros first: a view may be described by one that it does not read.
    for name in sorted(order, key=lambda name: read[name].kind != "macros"):
        queries[name] = _described(read[name], queries, vocabulary)
    return {name: queries[name] for name in order}


def reads(query: Query) -> frozenset[str]:
    """Names of the tables, views, marts and macros that a query reads directly; macros by name as well."""
    return _parsed(query).reads


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


# What a column means ------------------------------------------------------------------------------------------------


def _vocabulary(file: Path) -> dict[str, str]:
    """What names mean wherever nothing else is said. A name that begins with `_` stands for all that end so."""
    return yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader) if file.exists() else {}


def _described(query: Query, queries: Mapping[str, Query], vocabulary: Mapping[str, str]) -> Query:
    """The query with a meaning for each column and parameter."""
    if query.kind in ("checks", "examples"):
        return replace(query, columns=dict.fromkeys(_parsed(query).columns, ""))
    parsed = _parsed(query)
    macro = queries.get(parsed.projects or "", queries.get(f"{query.name}_for"))
    signature = query.text("signature")
    declarations = signature.split(", ") if signature else []
    passed_on = [queries[name].parameters for name in sorted(parsed.reads) if name in queries]
    return replace(
        query,
        header={key: macro.header[key] for key in _FROM_MACRO if macro and key in macro.header} | dict(query.header),
        columns=_meanings(query, "columns", parsed.columns, [macro.columns] if macro else [], vocabulary),
        parameters=_meanings(query, "parameters", declarations, passed_on, vocabulary),
    )


def _meanings(
    query: Query, key: str, names: Iterable[str], inherited: Iterable[Mapping[str, str]], vocabulary: Mapping[str, str]
) -> dict[str, str]:
    """Name -> meaning: what the comment says, else what is inherited without contradiction, else the vocabulary."""
    own = dict(query.header.get(key) or {})
    above: dict[str, set[str]] = {}
    for meanings in inherited:
        for declaration, meaning in meanings.items():
            above.setdefault(_bare(declaration), set()).add(meaning)
    found: dict[str, str] = {}
    for declaration in names:
        name = _bare(declaration)
        endings = [text for ending, text in vocabulary.items() if ending.startswith("_") and name.endswith(ending)]
        agreed = list(above.get(name, ()))
        said = [own.pop(name, None), agreed[0] if len(agreed) == 1 else None, vocabulary.get(name), *endings]
        if not any(said):
            raise BroadsheetError(
                f"{query.path}: nothing says what {name!r} means; describe it below '{key}:' in the comment of the file"
            )
        found[declaration] = str(next(filter(None, said)))
    for name in own:
        raise BroadsheetError(f"{query.path}: the comment describes {name!r} below '{key}:', and the query has none")
    return found


def _bare(declaration: str) -> str:
    return declaration.partition("=")[0].strip()


# DuckDB's parse tree ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Parsed:
    """What a query reads, the names of its columns, and the only query of whose columns it is a selection, if so."""

    reads: frozenset[str]
    columns: tuple[str, ...]
    projects: str | None


def stored_inputs(query: Query) -> set[str]:
    """Tables, marts and views that a query reads, also through macros."""
    queries = all_queries()
    found: set[str] = set()
    for name in reads(query):
        if name in TABLES or (name in queries and queries[name].kind in ("marts", "views")):
            found.add(name)
        elif name in queries:
            found |= stored_inputs(queries[name])
    return found


@cache
def _parsed(query: Query) -> _Parsed:
    """From DuckDB's own parse tree; binding would need the tables to be there."""
    statement = f"select {query.select}" if query.is_scalar else query.select
    # As a literal: for the first bound value of a process, DuckDB imports pandas where it is installed.
    [(text,)] = _parser().execute(f"select json_serialize_sql({literal(statement)})").fetchall()
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
        raise BroadsheetError(f"{query.path}: {tree['error_message']}")
    found = frozenset(tables - common - {query.name})
    if query.is_scalar:
        return _Parsed(found, (), None)
    node = tree["statements"][0]["node"]
    while "select_list" not in node:
        node = node["left"]
    items = node["select_list"]
    columns = tuple(item["alias"] or item.get("column_names", ("",))[-1] for item in items)
    source = node["from_table"]
    name = source.get("table_name") or source.get("function", {}).get("function_name")
    is_selection = all(item["type"] == "COLUMN_REF" for item in items)
    return _Parsed(found, columns, name if is_selection and name not in common else None)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()
