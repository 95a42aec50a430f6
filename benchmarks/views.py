"""How long every mart, view and macro takes on a warehouse, slowest first; building blocks are parts of these.

    .venv/bin/python -m benchmarks.views [DATABASE] [--threads 2] [--repeats 3] [--only NAME]

The whole result is fetched, in Arrow's format, as a notebook would. Macros are called twice: with their defaults, and
with their optional parameters set to what the warehouse has most of (the largest story and a phrase of its headline,
the topic and the providers with most articles). Shown is the run of median wall-clock time; where processor seconds are
much less than the threads could have used in that time, the machine was busy with something else.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import click
import duckdb

from benchmarks import describe_machine, table
from pipeline.settings import default_warehouse
from pipeline.warehouse.snapshots import Warehouse
from pipeline.warehouse.sql_files import Query, all_queries, literal


@click.command(help=__doc__.partition("\n")[0])
@click.argument(
    "database", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="[DATABASE]"
)
@click.option("--threads", default=2, show_default=True, help="Threads of DuckDB.")
@click.option("--repeats", default=3, show_default=True, help="How often each query runs.")
@click.option("--only", default="", metavar="TEXT", help="Only what has this in its name.")
def main(database: Path | None, threads: int, repeats: int, only: str) -> None:
    database = database or Warehouse(default_warehouse()).current().database
    with duckdb.connect(str(database), read_only=True, config={"threads": threads}) as connection:
        sizes = [
            f"{connection.sql(f'select count(*) from {name}').fetchall()[0][0]:,} {name.replace('_', ' ')}"
            for name in ("documents", "related_links", "articles", "stories", "providers")
        ]
        click.echo(f"Machine: {describe_machine(('duckdb',))}, {threads} threads")
        click.echo(f"Warehouse: {', '.join(sizes)}\n")
        calls = [(query, call) for query, call in all_calls(connection) if only in query.name]
        timed = sorted((timing(connection, call, repeats) for _, call in calls), reverse=True)

    rows = [
        [f"`{call}`", f"{seconds:.3f}", f"{cpu_seconds:.3f}", f"{row_count:,}"]
        for seconds, cpu_seconds, row_count, call in timed
    ]
    click.echo(table(["query", "seconds", "processor seconds", "rows"], rows))
    click.echo(f"\n{len(timed)} queries, {sum(seconds for seconds, *_ in timed):.1f} seconds in all")


def timing(connection: duckdb.DuckDBPyConnection, call: str, repeats: int) -> tuple[float, float, int, str]:
    """Wall-clock and processor seconds of the median run, rows and the text of one query."""
    times = []
    row_count = 0
    for _ in range(repeats):
        started, cpu_started = time.perf_counter(), time.process_time()
        row_count = connection.sql(call).to_arrow_table().num_rows
        times.append((time.perf_counter() - started, time.process_time() - cpu_started))
    return *statistics.median_low(times), row_count, call


def all_calls(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Query, str]]:
    """Every mart, view and macro with the text of a query that uses it; macros with defaults, then with everything."""
    arguments = typical_arguments(connection)
    for query in all_queries().values():
        if query.kind in ("marts", "views"):
            yield query, f"from {query.name}"
        elif query.kind == "macros" and query.chapter != "Building blocks":
            declared = [declaration.partition("=")[0].strip() for declaration in query.parameters]
            optional = {name for name, text in zip(declared, query.parameters, strict=True) if "=" in text}
            if query.name == "missed_stories_for":
                optional.remove("provider")  # Without one there is nothing to miss, and the macro says so.
            known = arguments | (
                {"a": arguments["source"], "b": arguments["source"]} if query.name == "compare_sources" else {}
            )
            required = [known[name] for name in declared if name not in optional]
            # The one story that is meant need not be on the topic, nor in the period.
            given = [name for name in declared if name in optional and name in known and "story" not in declared]
            for texts in (
                [required, [*required, *(f"{name} := {known[name]}" for name in given)]] if given else [required]
            ):
                yield query, f"from {query.name}({', '.join(texts)})"


def typical_arguments(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """An argument, as SQL, for each parameter name; parameters that are not here keep their defaults."""
    [(story, title)] = connection.sql(
        "select story_id, title from stories order by article_count desc, story_id limit 1"
    ).fetchall()
    domains = [
        domain
        for (domain,) in connection.sql(
            "select domain from providers where domain is not null order by article_count desc, domain limit 2"
        ).fetchall()
    ]
    topics = connection.sql("select name from topics order by document_count desc, name limit 1").fetchall()
    [(source,)] = connection.sql("select source_name from sources order by document_count desc limit 1").fetchall()
    phrase = literal(f'"{" ".join(str(title).split()[:2])}"')
    first_day, last_day = connection.sql(
        "select quantile_disc(published_at, 0.25)::date::varchar, quantile_disc(published_at, 0.75)::date::varchar "
        "from articles where published_at is not null"
    ).fetchall()[0]
    return {
        "story": str(story),
        "text": phrase,
        "query": phrase,
        "source": literal(source),
        "a": literal(domains[0]),
        "b": literal(domains[-1]),
        "provider": literal(domains[0]),
        "domains": literal(", ".join(domains)),
        "hours": "8",
        "topic": literal(topics[0][0]) if topics else "null",
        "from_date": literal(first_day),
        "to_date": literal(last_day),
        "counted_by": "'publisher'",
        "grain": "'day'",
    }


if __name__ == "__main__":
    main()
