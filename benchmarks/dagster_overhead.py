"""What Dagster costs a build: the same build as plain functions and as the command `broadsheet build`.

    .venv/bin/python -m benchmarks.dagster_overhead [--documents 1600] [--repeats 5] [--corpus FOLDER]

Each run is a fresh process, timed from the shell with the start of Python and all imports. The command goes through
Dagster: the run and its assets, checks and events are in the run history afterwards. The last line is the command when
nothing has changed, which needs no Dagster. The benchmark fails when Dagster costs more than 3 seconds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks import describe_machine, table
from benchmarks.corpus import corpus_options, prepared_corpus
from pipeline.settings import PROJECT_FOLDER

LIMIT_SECONDS = 3.0
PLAIN, COMMAND, UNCHANGED = "plain functions", "through Dagster: `broadsheet build --full`", "nothing changed"

#: A build without Dagster. Guarded, because the processes that read import it again.
SCRIPT = """
import sys
from pathlib import Path
from pipeline.build import build_warehouse
from pipeline.settings import Options
from pipeline.sources import parse_sources
from pipeline.warehouse.snapshots import Warehouse

if __name__ == "__main__":
    build_warehouse(Warehouse(Path(sys.argv[1])), parse_sources(sys.argv[2:]), Options(full=True))
"""


@dataclass(frozen=True)
class Run:
    """Wall-clock and processor seconds of one process and those it started."""

    seconds: float
    processor_seconds: float


@click.command(help=__doc__.partition("\n")[0])
@corpus_options(default_documents=1_600)
@click.option("--repeats", default=5, show_default=True, help="How often each command runs.")
def main(documents: int, origin: Path | None, repeats: int) -> None:
    with (
        prepared_corpus(documents, origin) as corpus,
        tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as temporary,
    ):
        click.echo(
            f"Machine: {describe_machine(('dagster', 'polars', 'duckdb'))}\n"
            f"Documents: {corpus.sentence}, {corpus.origin}\n"
        )
        runs = measure(corpus.folder, Path(temporary), repeats)
    rows = [
        [
            what,
            f"{statistics.median(run.seconds for run in measured):.2f}",
            f"{min(run.seconds for run in measured):.2f} to {max(run.seconds for run in measured):.2f}",
            f"{statistics.median(run.processor_seconds for run in measured):.2f}",
        ]
        for what, measured in runs.items()
    ]
    click.echo(table(["build", "seconds", "range", "processor seconds"], rows))
    overhead = statistics.median(run.seconds for run in runs[COMMAND]) - statistics.median(
        run.seconds for run in runs[PLAIN]
    )
    click.echo(f"\nDagster costs {overhead:.2f} seconds; the limit is {LIMIT_SECONDS:.0f}")
    sys.exit(int(overhead > LIMIT_SECONDS))


def measure(source: Path, folder: Path, repeats: int) -> dict[str, list[Run]]:
    """All runs of each command; the commands take turns."""
    script = folder / "plain.py"
    script.write_text(SCRIPT)
    command = [
        sys.executable,
        "-m",
        "pipeline.terminal.cli",
        "build",
        str(source),
        "--warehouse",
        str(folder / "warehouse"),
    ]
    commands = {
        PLAIN: [sys.executable, str(script), str(folder / "plain"), str(source)],
        COMMAND: [*command, "--full"],
        UNCHANGED: command,
    }
    for words in commands.values():
        run(words, folder)  # Makes folders and databases, and warms the cache of the file system.
    runs: dict[str, list[Run]] = {what: [] for what in commands}
    for _ in range(repeats):
        for what, words in commands.items():
            runs[what].append(run(words, folder))
    return runs


def run(command: Sequence[str], folder: Path) -> Run:
    """One run of a command."""
    before = os.times()
    started = time.perf_counter()
    environment = os.environ | {"DAGSTER_HOME": str(folder / "home"), "PYTHONPATH": str(PROJECT_FOLDER)}
    subprocess.run(command, cwd=PROJECT_FOLDER, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(time.perf_counter() - started, processor)


if __name__ == "__main__":
    main()
