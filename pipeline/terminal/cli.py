"""The command `broadsheet`: a thin shell. Heavy modules are imported by the commands that need them."""

from __future__ import annotations

import errno
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import click

from pipeline.errors import BroadsheetError, InputError, StoppedError, optional_part
from pipeline.settings import (
    DASHBOARD_PORT,
    ENGINES,
    Limits,
    Options,
    Retention,
    default_engine,
    default_retention,
    default_sources,
    default_warehouse,
    engine,
)
from pipeline.terminal.layout import say, tell
from pipeline.terminal.progress import progress_bars
from pipeline.terminal.summary import shown_path, summarize
from pipeline.texts import counted, nearest, visible
from pipeline.warehouse.snapshots import Snapshot, Warehouse

_EXIT_CODES = """
\b
Exit codes: 0 done; 1 failed, or --strict and files were rejected; 2 wrong arguments, no source or nothing built yet;
3 refused: a check found offenders, or too many files were rejected; 4 another build holds the warehouse,
or another mirror was faster; 130 stopped by Ctrl-C.
"""


class _Commands(click.Group):
    """Shows commands in the order in which people need them, and errors as one sentence."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except BroadsheetError as error:
            say(str(error))
            for line in error.place.splitlines():
                click.echo(visible(line), err=True)
            context.exit(error.exit_code)
        except KeyboardInterrupt:
            say("stopped")
            context.exit(StoppedError.exit_code)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # Click knows how to end when the reader of the output is gone.
            reason = error.strerror or str(error)
            say(
                f"{error.filename or 'a file'} cannot be used ({reason}); give another place, or see that this one is "
                "there, is yours and has room"
            )
            context.exit(1)
        except click.UsageError as error:  # It quotes what was typed.
            raise click.UsageError(visible(error.format_message()), error.ctx) from None


@click.group(
    cls=_Commands,
    epilog=_EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(package_name="broadsheet")
def main() -> None:
    """Broadsheet turns curated news documents into a warehouse that answers questions of coverage.

    \b
    broadsheet build                                   build the bundled sample
    broadsheet build news=/data/feed                   build your own documents, under the name `news`
    broadsheet sql "from share_of_voice limit 5"       ask
    broadsheet tables                                  what there is to ask
    broadsheet metrics first_mover                     what a number means
    """


class _QueryCommand(click.Command):
    """Takes a query that begins with a remark of SQL, two hyphens and a blank, for what it is: no option."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        return super().parse_args(
            context, [f"\n{word}" if re.match(r"--(\s|[^=]*\n)", word) else word for word in arguments]
        )


def _warehouse_option(command: Callable[..., Any]) -> Callable[..., Any]:
    def folder(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Warehouse:
        return Warehouse(value or default_warehouse())

    return click.option(
        "--warehouse",
        type=click.Path(file_okay=False, path_type=Path),
        callback=folder,
        metavar="DIR",
        help="The warehouse folder. Default: $BROADSHEET_WAREHOUSE, else warehouse/ of the checkout, or of the working "
        "folder where Broadsheet is installed without one.",
    )(command)


def _retention_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which snapshots stay, as one `Retention` named `keep`; each default stands in the environment."""

    @click.option(
        "--keep",
        "count",
        type=click.IntRange(0),
        metavar="COUNT",
        help="Keep so many snapshots, and all younger than --keep-days. Default: $BROADSHEET_KEEP_COUNT, else 5.",
    )
    @click.option(
        "--keep-days",
        type=click.FloatRange(0, timedelta.max.days),
        metavar="DAYS",
        help="Default: $BROADSHEET_KEEP_DAYS, else 1.",
    )
    @click.option(
        "--keep-bytes",
        type=click.IntRange(0),
        metavar="BYTES",
        help="Remove the oldest snapshots while all take more. Default: $BROADSHEET_KEEP_BYTES, else no limit.",
    )
    @wraps(command)
    def with_retention(count: int | None, keep_days: float | None, keep_bytes: int | None, **arguments: Any) -> Any:
        own = default_retention()
        keep = Retention(
            own.count if count is None else count,
            own.age if keep_days is None else timedelta(keep_days),
            own.byte_count if keep_bytes is None else keep_bytes,
        )
        return command(keep=keep, **arguments)

    return with_retention


# build --------------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@_warehouse_option
@click.option("--full", is_flag=True, help="Read every file again and write everything anew.")
@click.option("--strict", is_flag=True, help="Exit with 1 when files were rejected.")
@click.option("--max-bytes", default=Limits().max_bytes, show_default=True, help="Reject larger files.")
@click.option("--max-depth", default=Limits().max_depth, show_default=True, help="Reject front matter nested deeper.")
@click.option("--max-values", default=Limits().max_values, show_default=True, help="Reject more keys and values.")
@click.option(
    "--max-rejected-share",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Publish nothing when a larger share of the files is rejected, for example 0.05. Default: no limit.",
)
@click.option("--processes", type=click.IntRange(1), help="How many processes read. Default: one per core.")
@click.option(
    "--engine",
    "engine_name",
    type=click.Choice(ENGINES),
    default=default_engine,
    help="Who reads: processes of this machine, or workers of Dask, which may run on others. docs/scale.md says how. "
    "Default: processes, or dask where $BROADSHEET_SCHEDULER is set.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="The scheduler of Dask, as tcp://host:8786. Default: $BROADSHEET_SCHEDULER, else as many workers as "
    "--processes, on this machine, for this build.",
)
@_retention_options
@click.option("--wait", default=600, show_default=True, metavar="SECONDS", help="How long to wait for another build.")
def build(
    sources: tuple[str, ...],
    warehouse: Warehouse,
    full: bool,
    strict: bool,
    max_bytes: int,
    max_depth: int,
    max_values: int,
    max_rejected_share: float | None,
    processes: int | None,
    engine_name: str,
    scheduler: str | None,
    keep: Retention,
    wait: int,
) -> None:
    """Read documents and publish a new snapshot of the warehouse.

    SOURCE is a folder of documents (or one file), or NAME=PATH; the name goes to documents.source_name and is the last
    part of the path by default. Without a SOURCE the bundled seeds/ are built. Only what changed is read again; when
    nothing changed, nothing is written. Files that cannot become documents are listed in rejected_documents.

    \b
    broadsheet build seeds
    broadsheet build news=/data/feed archive=/data/2020 --warehouse /data/warehouse
    broadsheet build /data/feed --strict        fail when a file was rejected (for scripts)
    broadsheet build /data/feed --engine dask --scheduler tcp://host:8786      read on other machines
    """
    from pipeline.sources import parse_sources
    from pipeline.warehouse.last_build import unchanged_snapshot

    started = time.monotonic()
    parsed = parse_sources(list(sources) or default_sources())
    dask = engine(engine_name, scheduler)
    options = Options(Limits(max_bytes, max_depth, max_values), full, processes, max_rejected_share, keep, dask)
    with _stoppable(warehouse):
        snapshot = unchanged_snapshot(warehouse, parsed, options, say)
        how = "nothing changed"
        if snapshot is None:
            from pipeline.build import Watch, build_warehouse

            with progress_bars() as progress:
                built = build_warehouse(warehouse, parsed, options, Watch(progress, warn=say), wait)
            snapshot = built.snapshot
            if built.is_new:
                _report(snapshot, warehouse)
            took = f"{time.monotonic() - started:.1f} s"
            how = f"built in {took}" if built.is_new else f"nothing changed, looked for {took}"
    summarize(warehouse, snapshot, how)
    _finish(snapshot, strict)


@contextmanager
def _stoppable(warehouse: Warehouse) -> Iterator[None]:
    """Ctrl-C ends what changes a warehouse with a sentence that says what readers see now."""
    before = warehouse.current_or_none()
    try:
        yield
    except KeyboardInterrupt:
        now = warehouse.current_or_none()
        is_new = now is not None and (before is None or now.name != before.name)
        raise StoppedError(f"stopped; {now.name if now and is_new else 'nothing'} was published") from None


def _report(snapshot: Snapshot, warehouse: Warehouse) -> None:
    """Tell Dagster's catalog what is published now."""
    from pipeline.orchestration.report import report_snapshot

    report_snapshot(snapshot, warehouse, say)


def _finish(snapshot: Snapshot, strict: bool) -> None:
    """What the checks warned of, and the exit code."""
    if any(outcome.offender_count for outcome in snapshot.record.checks.values()):
        from pipeline.warehouse.checks import snapshot_results

        for result in snapshot_results(snapshot):
            if not result.passed:
                tell(f"\nWarning: {result.sentence}")
    if strict and snapshot.record.rejected_count:
        sys.exit(1)


# questions ----------------------------------------------------------------------------------------------------------


@main.command(cls=_QueryCommand)
@click.argument("query", required=False)
@_warehouse_option
@click.option(
    "--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Run the query in a file."
)
@click.option("--refused", is_flag=True, help="Ask what the last build made and a check kept from being published.")
@click.option("--csv", is_flag=True, help="Print CSV with a header line, texts as they are.")
@click.option(
    "--safe-csv",
    is_flag=True,
    help="Print CSV for a spreadsheet: texts that it would run as a formula begin with an apostrophe.",
)
@click.option("--json", is_flag=True, help="Print a JSON array of objects.")
@click.option("--parquet", type=click.Path(dir_okay=False, path_type=Path), help="Write the result to a Parquet file.")
@click.option("--safe", is_flag=True, help="Answer queries alone: no file, no network, no settings. For SQL of others.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Stop longer queries.")
def sql(
    query: str | None,
    warehouse: Warehouse,
    file: Path | None,
    refused: bool,
    csv: bool,
    safe_csv: bool,
    json: bool,
    parquet: Path | None,
    safe: bool,
    timeout: float | None,
) -> None:
    """Ask the warehouse in DuckDB's SQL. Without a query: an interactive prompt.

    The warehouse cannot be changed by it. Other files can: plain SQL reads and writes every file that you may read and
    write yourself, and loads from the network what DuckDB can load. With --safe it does neither.

    \b
    broadsheet sql "from share_of_voice limit 5"
    broadsheet sql "select provider_name, first_rate from first_mover_for(minimum_count := 3)"
    broadsheet sql "from coverage_over_time('month')" --csv > months.csv
    broadsheet sql --file sql/examples/who_was_first.sql
    """
    from pipeline.terminal import prompt, results
    from pipeline.warehouse.asking import Access

    outputs = [name for name, given in (("csv", csv), ("safe-csv", safe_csv), ("json", json)) if given]
    if len(outputs) + (parquet is not None) > 1:
        raise InputError("give one of --csv, --safe-csv, --json and --parquet")
    if safe and parquet is not None:
        raise InputError("--safe writes no file; leave --parquet out")
    if query is not None and file is not None:
        raise InputError("give a query or --file, not both")
    if file is not None:
        try:
            query = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise InputError(f"{file} is not UTF-8 text; save it as UTF-8") from None
    database = warehouse.refused_database() if refused else warehouse.current().database
    access = Access(safe, timeout)
    if query is None:
        if outputs or parquet:
            raise InputError("--csv, --safe-csv, --json and --parquet need a query")
        if not prompt.run_prompt(database, access):
            sys.exit(1)
    elif parquet is not None:
        _refuse_snapshots(parquet, warehouse)
        count = results.write_parquet(database, query, parquet, access)
        tell(f"{counted(count, 'row')} written to {parquet}")
    else:
        results.show(database, query, outputs[0] if outputs else "table", access)


@main.command()
@click.argument("name", required=False)
@_warehouse_option
def tables(name: str | None, warehouse: Warehouse) -> None:
    """Tables, marts, views and macros with their rows. With NAME its columns.

    \b
    broadsheet tables
    broadsheet tables story_articles
    """
    from pipeline.terminal import catalog
    from pipeline.warehouse.database import read_only

    with read_only(warehouse.current().database) as connection:
        if name is None:
            catalog.show_contents(connection)
        else:
            catalog.show_columns(connection, name)


@main.command()
@click.argument("name", required=False)
@_warehouse_option
def metrics(name: str | None, warehouse: Warehouse) -> None:
    """What each number answers, by chapter; building blocks come last. With NAME its definition and an example.

    \b
    broadsheet metrics
    broadsheet metrics publication_lag
    """
    from pipeline.terminal import catalog
    from pipeline.warehouse.database import read_only

    with read_only(warehouse.current().database) as connection:
        catalog.show_metrics(connection, name)


@main.command("open")
@click.argument("story", nargs=-1, required=True)
@_warehouse_option
def open_story(story: tuple[str, ...], warehouse: Warehouse) -> None:
    """Print the links of a story, earliest first, with title, provider and time.

    STORY is some words of a title, a story_id, the address of an article, or the path of a document.

    \b
    broadsheet open facial recognition
    """
    from pipeline.terminal.story import show_links
    from pipeline.warehouse.database import read_only

    with read_only(warehouse.current().database) as connection:
        show_links(connection, " ".join(story))


_DAY = click.DateTime(formats=["%Y-%m-%d"])


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_warehouse_option
@click.option("--source", metavar="NAME", help="Only what documents of this source mention.")
@click.option("--topic", metavar="NAME", help="Only lead articles of documents with this topic.")
@click.option("--query", metavar="WORDS", help='Only what a search finds: words, "a phrase", -without, or, word*.')
@click.option("--from-date", type=_DAY, metavar="DAY", help="From this day on, as 2020-06-17.")
@click.option("--to-date", type=_DAY, metavar="DAY", help="Up to this day, which belongs to it.")
@click.option("--provider", metavar="DOMAIN", help="Look at this host.")
@click.option("--publisher", metavar="NAME", help="Look at who wrote it, by name or domain, whatever the host.")
@click.option(
    "--counted-by",
    type=click.Choice(["provider", "publisher"]),
    default="provider",
    show_default=True,
    help="Rank hosts, or those who wrote it.",
)
@click.option("--minimum-count", type=click.IntRange(1), metavar="COUNT", help="Leave out who has less.")
@click.option(
    "--time-zone", default="UTC", show_default=True, metavar="ZONE", help="Hours of the day are those of this zone."
)
@click.option("--story", metavar="STORY", help="Tell this story; otherwise the largest. As for `broadsheet open`.")
def report(
    file: Path,
    warehouse: Warehouse,
    from_date: datetime | None,
    to_date: datetime | None,
    time_zone: str,
    **filters: Any,
) -> None:
    """Write a report to FILE: one page of HTML with figures, charts and tables.

    It can be mailed and printed, and asks nothing of any host. The filters are those of the macros.

    \b
    broadsheet report coverage.html
    broadsheet report june.html --topic AI --from-date 2020-06-01 --to-date 2020-06-30 --counted-by publisher
    """
    with optional_part("altair", "vl-convert-python"):
        from pipeline.dashboard.report import write_report
    from pipeline.dashboard.selection import Selection, time_zones

    if time_zone not in time_zones():
        remedy = nearest(time_zone, time_zones()) or "see: broadsheet metrics local_time"
        raise InputError(f"there is no time zone {time_zone!r}; {remedy}")
    _refuse_snapshots(file, warehouse)
    selection = Selection(
        from_date=from_date.date() if from_date else None,
        to_date=to_date.date() if to_date else None,
        time_zone=time_zone,
        **filters,
    )
    count = write_report(warehouse.current(), selection, file)
    tell(f"a report on {counted(count, 'article')} written to {file}")


def _refuse_snapshots(file: Path, warehouse: Warehouse) -> None:
    """What is published never changes."""
    if warehouse.snapshots_folder.resolve() in file.resolve().parents:
        raise InputError(f"{file} is part of a snapshot, which never changes; give another place")


@main.command()
@_warehouse_option
@click.option("--edit", "is_edited", is_flag=True, help="Open it as a notebook, to look behind it and to change it.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=DASHBOARD_PORT, show_default=True, help="Port to listen on; 0: any that is free.")
@click.option("--open/--no-open", "open_browser", default=True, help="Open the browser.")
def dashboard(warehouse: Warehouse, is_edited: bool, host: str, port: int, open_browser: bool) -> None:
    """Look at the coverage in a browser. Ctrl-C ends it.

    Who covers how much, who is first, who is late, what was copied, what was missed: each panel with its definition,
    its SQL and its CSV. The address tells what one sees, so that a link reopens it. New snapshots are followed.

    \b
    broadsheet dashboard
    broadsheet dashboard --edit                 the same as a notebook, which begins with a walk through one story
    """
    with optional_part("marimo", "altair"):
        from pipeline.dashboard import serving
    (serving.edit if is_edited else serving.serve)(warehouse.folder, host, port, open_browser)


@main.command()
@_warehouse_option
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="Stop longer questions.",
)
def mcp(warehouse: Warehouse, timeout: float) -> None:
    """Let a language model ask: a server of the Model Context Protocol.

    It speaks with the client that starts it, over standard input and output, and can only read: the current snapshot,
    no other file, no network. Clients are configured with this command; docs/recipes/mcp.md shows how.

    \b
    broadsheet mcp --warehouse /data/warehouse
    """
    with optional_part("mcp"):
        from pipeline.terminal.model_context import serve
    if sys.stdin.isatty():
        say("waiting for a client to speak the Model Context Protocol; Ctrl-C ends this")
    serve(warehouse, timeout)


# housekeeping -------------------------------------------------------------------------------------------------------


@main.command()
@_warehouse_option
def status(warehouse: Warehouse) -> None:
    """What is published, what was rejected, and what changed since.

    \b
    broadsheet status
    """
    from pipeline.terminal.status import show_status

    show_status(warehouse)


@main.command()
@_warehouse_option
def snapshots(warehouse: Warehouse) -> None:
    """List the published snapshots, latest first.

    \b
    broadsheet snapshots
    """
    from pipeline.terminal.status import show_snapshots

    show_snapshots(warehouse)


@main.command()
@_warehouse_option
@click.option("--repair", is_flag=True, help="Heal what can be healed, from the sources and from whole snapshots.")
def doctor(warehouse: Warehouse, repair: bool) -> None:
    """Read every byte of the warehouse and say what is not as it was published.

    Bytes against their hashes, keys and checks, links, leftovers, permissions, and what is kept between builds. The
    exit code is 1 when something is found, or stays after --repair.

    --repair builds a damaged current snapshot anew from its sources, gives others the bytes that whole ones have, and
    removes what nothing can heal.

    \b
    broadsheet doctor
    broadsheet doctor --repair
    """
    from pipeline.terminal.doctor import show_health

    if not show_health(warehouse, repair):
        sys.exit(1)


@main.command()
@click.argument("snapshot", required=False)
@_warehouse_option
@click.option("--wait", default=60, show_default=True, metavar="SECONDS", help="How long to wait for another build.")
def rollback(snapshot: str | None, warehouse: Warehouse, wait: int) -> None:
    """Publish an earlier snapshot again.

    SNAPSHOT is a part of its name; without one, it is the one before the current.

    Nothing is removed; the next build publishes what the sources hold.

    \b
    broadsheet rollback
    broadsheet rollback 20200617T18             the snapshot of that hour
    """
    before = warehouse.current_or_none()
    warehouse.find(snapshot)  # What is asked for cannot be: that needs no lock.
    with _stoppable(warehouse):
        with warehouse.lock(wait, say):
            target = warehouse.rollback(snapshot)
        _report(target, warehouse)
    was = before.name if before else "damaged"
    tell(f"{shown_path(warehouse.folder / 'current')} is now {target.name} (was {was})")


@main.command()
@click.argument("address")
@_warehouse_option
@_retention_options
def mirror(address: str, warehouse: Warehouse, keep: Retention) -> None:
    """Copy the current snapshot to an object store, for readers that cannot reach the warehouse.

    ADDRESS is s3://bucket/prefix, gs://bucket/prefix or az://container/prefix. End point and credentials come from the
    environment, for S3: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION.

    Files that the mirror has are not sent again, and each that is sent is read back. Then current.json there is turned
    to the new snapshot, all at once; of two mirrors at a time one wins, and the other says so (exit code 4). Earlier
    snapshots stay as --keep says, and an hour at least after they were current. docs/recipes/stores.md shows readers.

    \b
    broadsheet mirror s3://bucket/coverage
    """
    from pipeline.warehouse.mirror import mirror as mirror_snapshot

    snapshot = warehouse.current()
    with progress_bars() as progress:
        mirrored = mirror_snapshot(
            snapshot, address, keep, lambda done, total: progress("bytes", done, total), warn=say
        )
    if not mirrored.is_new:
        tell(f"{address} has {snapshot.name} already")
        return
    was = f" (was {mirrored.before})" if mirrored.before else ""
    tell(
        f"{address} is now {snapshot.name}{was}: {counted(mirrored.sent_count, 'file')} sent "
        f"({mirrored.sent_byte_count / 1e6:,.1f} MB), {mirrored.present_count:,} were there"
    )


@main.command()
@_warehouse_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=3000, show_default=True, help="Port to listen on.")
@click.option("--open/--no-open", "open_browser", default=True, help="Open the browser on the asset graph.")
def ui(warehouse: Warehouse, host: str, port: int, open_browser: bool) -> None:
    """Open the Dagster UI: materialize, watch and check the assets. Ctrl-C ends it.

    \b
    broadsheet ui
    broadsheet ui --warehouse /data/warehouse --port 3001
    """
    from pipeline.orchestration.ui import serve_ui

    serve_ui(warehouse.folder, host, port, open_browser)


@main.command()
@click.argument("count", type=click.IntRange(1))
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", default=1, show_default=True, help="Another number gives another corpus.")
@click.option("--answer-key", type=click.Path(dir_okay=False, path_type=Path), help="Write the known answers as JSON.")
def generate(count: int, directory: Path, seed: int, answer_key: Path | None) -> None:
    """Write COUNT made-up documents to DIRECTORY.

    For trying things at size. The same seed gives the same documents.

    \b
    broadsheet generate 10000 /tmp/corpus --answer-key /tmp/answers.json
    broadsheet build /tmp/corpus --warehouse /tmp/warehouse
    """
    from pipeline.samples import generate_corpus

    if directory.exists() and any(directory.iterdir()):
        raise InputError(f"{directory} is not empty; give a new folder")
    if answer_key is not None and not answer_key.parent.is_dir():
        raise InputError(f"{answer_key.parent} is not a folder; give --answer-key a place in one that exists")
    with progress_bars() as progress:
        key = generate_corpus(count, directory, seed, lambda done: progress("documents", done, count))
    if answer_key is not None:
        answer_key.write_text(key.to_json(), encoding="utf-8")
    tell(f"{counted(count, 'document')} written to {directory}")


if __name__ == "__main__":
    main()
