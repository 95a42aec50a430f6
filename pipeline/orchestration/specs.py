"""What Dagster's catalog shows: every table, mart and view, the snapshot that holds them, and the checks.

Nothing is written down here that another room knows: tables are described by `schema/`, queries by the comments of
their files, and what each is made from by the code that makes it.
"""

import inspect
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import xxhash

from pipeline.fingerprints import code_fingerprint, table_fingerprint
from pipeline.schema.columns import SQL_TYPES
from pipeline.schema.tables import TABLES
from pipeline.settings import DASHBOARD_PORT, PACKAGE_FOLDER
from pipeline.tables import made_from, table_functions
from pipeline.warehouse.checks import all_checks
from pipeline.warehouse.sql_files import Query, all_queries, reads

SOURCE_FILES = dg.AssetKey("source_files")
REFERENCE = dg.AssetKey("reference")
SNAPSHOT = dg.AssetKey("snapshot")
#: The check of each table that it was written as `schema/` describes it.
SCHEMA_CHECK = "fits_the_schema"
#: The check of `rejected_documents` that warns of them.
READ_CHECK = dg.AssetCheckKey(dg.AssetKey("rejected_documents"), "documents_are_read")

OWNERS = ["team:broadsheet"]
#: Parts of a query's comment that its description shows, after the question.
_PARAGRAPHS = ("definition", "grain", "denominator", "edge_cases", "example")


# What each asset is made from -----------------------------------------------------------------------------------------


@cache
def stored_queries() -> Sequence[Query]:
    """Marts and views, each after those that it reads."""
    return [query for query in all_queries().values() if query.kind in ("marts", "views")]


@cache
def asset_names() -> Sequence[str]:
    """Everything that a build makes, in an order in which it can be made: tables, marts and views, the snapshot."""
    return [*made_from(), *(query.name for query in stored_queries()), SNAPSHOT.to_user_string()]


@cache
def inputs(name: str) -> Sequence[str]:
    """The assets that an asset is made from."""
    if name in TABLES:
        origins = ("reference" if origin.endswith(".csv") else origin for origin in made_from()[name])
        return sorted(set(origins))
    if name in all_queries():
        return [found for found in _reached(all_queries()[name]) if found in asset_names()]
    return asset_names()[:-1]


@cache
def code_version(name: str) -> str:
    """Fingerprint of the code that an asset depends on: of a query, its text and that of every macro that it uses."""
    if name in TABLES:
        return table_fingerprint()[:8]
    queries = all_queries()
    if name in queries:
        macros = filter(_is_macro, _reached(queries[name]))
        text = "\0".join(query.create_statement for query in [queries[name], *map(queries.__getitem__, macros)])
        return xxhash.xxh3_64_hexdigest(text.encode())[:8]
    return code_fingerprint()[:8]


def _is_macro(name: str) -> bool:
    return name in all_queries() and all_queries()[name].kind == "macros"


@cache
def _reached(query: Query) -> Sequence[str]:
    """What a query reads, sorted: tables, marts, views and macros, and what those macros read."""
    found = set(reads(query))
    for name in reads(query):
        if _is_macro(name):
            found.update(_reached(all_queries()[name]))
    return sorted(found)


# What the catalog says of them ----------------------------------------------------------------------------------------


def external_specs() -> Iterator[dg.AssetSpec]:
    """What Broadsheet reads and never changes: the documents, and the reference files that users may edit."""
    yield dg.AssetSpec(
        SOURCE_FILES,
        group_name="sources",
        description="Files with YAML front matter that upstream publishes, one per piece of news and point of view.",
        kinds={"yaml", "file"},
        owners=OWNERS,
    )
    yield dg.AssetSpec(
        REFERENCE,
        group_name="sources",
        description="Small reviewed files of pipeline/reference: platforms, clock offsets and tracking keys. Edit them "
        "to correct what they say; the next build reads them.",
        kinds={"csv", "file"},
        owners=OWNERS,
        metadata=_code_references(*sorted((PACKAGE_FOLDER / "reference").glob("*.csv"))),
    )


@cache
def asset_specs() -> Sequence[dg.AssetSpec]:
    """Everything that a build makes, in the order of `asset_names`."""
    queries = all_queries()
    return [
        _table_spec(name) if name in TABLES else _query_spec(queries[name]) if name in queries else _snapshot_spec()
        for name in asset_names()
    ]


def _table_spec(name: str) -> dg.AssetSpec:
    table = TABLES[name]
    columns = [
        dg.TableColumn(
            column.name,
            SQL_TYPES[column.type],
            table.describe(column.name) + (f" (from {column.source_key})" if column.source_key else ""),
            dg.TableColumnConstraints(nullable=column.name not in table.required),
        )
        for column in table.columns
    ]
    function = table_functions()[name]
    file = inspect.getsourcefile(function)
    assert file is not None
    key = f"Key: {', '.join(table.key)}." if table.key else "No key."
    return dg.AssetSpec(
        name,
        deps=inputs(name),
        group_name="tables",
        description=f"{table.grain[0].upper()}{table.grain[1:]}.\n\n{key} Sorted by {', '.join(table.sorted_by)}.",
        kinds={"polars", "parquet"},
        owners=OWNERS,
        metadata={
            "dagster/column_schema": dg.TableSchema(columns),
            "dagster/relation_identifier": f"warehouse.{name}",
            **_code_references(Path(file), line=inspect.getsourcelines(function)[1]),
        },
        code_version=code_version(name),
    )


def _query_spec(query: Query) -> dg.AssetSpec:
    paragraphs = [query.question]
    for title in _PARAGRAPHS:
        if text := query.text(title):
            paragraphs.append(f"{title.replace('_', ' ').capitalize()}: {text}")
    # Marts stand together, views by the chapter of the book of metrics.
    group = query.kind if query.kind == "marts" else re.sub(r"\W+", "_", query.header["chapter"].lower())
    return dg.AssetSpec(
        query.name,
        deps=inputs(query.name),
        group_name=group,
        description="\n\n".join(paragraphs),
        kinds={"duckdb", "sql"},
        owners=OWNERS,
        metadata={
            "dagster/column_schema": dg.TableSchema(
                # Types are known once it is built: the materialization has them.
                [dg.TableColumn(name, "any", meaning) for name, meaning in query.columns.items()]
            ),
            "dagster/relation_identifier": f"warehouse.{query.name}",
            **_code_references(query.path),
        },
        code_version=code_version(query.name),
    )


def _snapshot_spec() -> dg.AssetSpec:
    name = SNAPSHOT.to_user_string()
    return dg.AssetSpec(
        SNAPSHOT,
        deps=inputs(name),
        group_name="publish",
        description="Everything above as one consistent state: Parquet files and warehouse.duckdb below "
        "warehouse/current. It flips only when no check finds an error; readers never see half of it.\n\n"
        "To look at it: broadsheet dashboard, and then the link below; or broadsheet report FILE.",
        kinds={"duckdb", "parquet"},
        owners=OWNERS,
        metadata={"dashboard": dg.MetadataValue.url(f"http://127.0.0.1:{DASHBOARD_PORT}/")},
        code_version=code_version(name),
    )


# Checks ---------------------------------------------------------------------------------------------------------------


@cache
def check_specs() -> Sequence[dg.AssetCheckSpec]:
    """Every check, on the table or view that it speaks of; an error keeps the snapshot from being published."""
    return [
        dg.AssetCheckSpec(
            READ_CHECK.name,
            asset=READ_CHECK.asset_key,
            description="Did every file become a document? Offenders: mend the files upstream, each at the line that "
            "is named; the others are published all the same.",
        ),
        *(
            dg.AssetCheckSpec(
                SCHEMA_CHECK,
                asset=name,
                description="Does the table have the columns and types of pipeline/schema, no null where there is none "
                "to be, and no key twice? Offenders: a defect of the function that makes the table.",
                blocking=True,
                metadata=_code_references(PACKAGE_FOLDER / "schema" / "tables.py"),
            )
            for name in made_from()
        ),
        *(
            dg.AssetCheckSpec(
                query.name,
                asset=checked_asset(query),
                description=f"{query.question} Offenders: {query.text('remedy')}.",
                blocking=query.header["severity"] == "error",
                metadata={"severity": query.header["severity"], **_code_references(query.path)},
            )
            for query in all_checks()
        ),
    ]


@cache
def checked_asset(query: Query) -> dg.AssetKey:
    """The asset that a check speaks of: the first that its text names."""
    names = [name for name in _reached(query) if name in asset_names()]
    places = {name: match.start() for name in names if (match := re.search(rf"\b{name}\b", query.select))}
    return dg.AssetKey(min(places, key=places.__getitem__)) if places else SNAPSHOT


def _code_references(*files: Path, line: int = 1) -> dict[str, Any]:
    return {
        "dagster/code_references": dg.CodeReferencesMetadataValue(
            code_references=[dg.LocalFileCodeReference(file_path=str(file), line_number=line) for file in files]
        )
    }
