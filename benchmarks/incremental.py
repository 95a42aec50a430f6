"""What a build costs when little changed: nothing, one document, one document in a hundred; beside a full build.

    .venv/bin/python -m benchmarks.incremental [--documents 20000] [--repeats 3] [--corpus FOLDER]

Each build runs in a fresh process; the clock runs from opening the warehouse to the published snapshot, without the
imports. The last line is the command as one types it, with the start of Python and all.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks import describe_machine, in_a_process_apart, table
from benchmarks.corpus import corpus_options, prepared_corpus
from pipeline.build import build_warehouse
from pipeline.settings import PROJECT_FOLDER
from pipeline.sources.folder import Folder
from pipeline.sources.interface import RACY_NS
from pipeline.warehouse.snapshots import Warehouse

STEPS = ("reading", "tables", "database", "checks", "publishing")
SOURCE_NAME = "news"
COMMAND = "nothing, the command `broadsheet build`"
_QUALITY = re.compile(rb"^quality: ([0-9]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Measurement:
    """One build: seconds in all and per step, and how many files it read."""

    seconds: float
    by_step: dict[str, float]
    read_count: int | None


@click.command(help=__doc__.partition("\n")[0])
@corpus_options(default_documents=20_000)
@click.option("--repeats", default=3, show_default=True, help="How often each case runs.")
def main(documents: int, origin: Path | None, repeats: int) -> None:
    measurements: dict[str, list[Measurement]] = {}
    with prepared_corpus(documents, origin, to_be_changed=True) as corpus:
        click.echo(
            f"Machine: {describe_machine(('polars', 'duckdb'))}\nDocuments: {corpus.sentence}, {corpus.origin}\n"
        )
        for _ in range(repeats):
            with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as temporary:
                for case, measured in measure_cases(corpus.files, Path(temporary)):
                    measurements.setdefault(case, []).append(measured)
    click.echo(report(measurements))


def measure_cases(files: Sequence[str], folder: Path) -> list[tuple[str, Measurement]]:
    """All cases once, in the order of the table, on a new warehouse."""
    source, warehouse = Path(files[0]).parent, folder / "warehouse"
    one_in_a_hundred = files[:: max(1, len(files) // max(1, len(files) // 100))]
    cases = [("all documents, nothing built yet", files, True), ("nothing", [], False)]
    cases += [("one document", files[len(files) // 2 :][:1], False)]
    cases += [(f"one in a hundred: {len(one_in_a_hundred):,} documents", one_in_a_hundred, False)]
    measured = []
    for case, changed, is_first in cases:
        if not is_first:
            change(changed)
        # Files that changed just now would be read once more by the build after.
        time.sleep(RACY_NS / 1e9 + 0.1)
        result = in_a_process_apart(_build, str(warehouse), str(source))
        if result.read_count != len(changed):
            raise click.ClickException(
                f"{case}: {result.read_count} files were read instead of {len(changed)}; was the code edited meanwhile?"
            )
        measured.append((case, result))
    measured.append((COMMAND, _command(warehouse, source, folder / "history")))
    shutil.rmtree(warehouse)
    return measured


def change(files: Sequence[str]) -> None:
    """Raise the quality of the lead article by one, or add a word to the body of a document that tells none."""
    for file in files:
        content = Path(file).read_bytes()
        found = _QUALITY.search(content)
        if found is None:
            content += b"\nchanged\n"
        else:
            content = content[: found.start(1)] + str(int(found[1]) + 1).encode() + content[found.end(1) :]
        Path(file).write_bytes(content)


def _build(warehouse: str, source: str) -> Measurement:
    started = time.perf_counter()
    built = build_warehouse(Warehouse(Path(warehouse)), [Folder(SOURCE_NAME, Path(source))])
    return Measurement(time.perf_counter() - started, built.seconds, built.read.read_count)


def _command(warehouse: Path, source: Path, history: Path) -> Measurement:
    """The command on an unchanged source, as a shell runs it."""
    started = time.perf_counter()
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "pipeline.terminal.cli",
            "build",
            f"{SOURCE_NAME}={source}",
            "--warehouse",
            str(warehouse),
        ],
        cwd=PROJECT_FOLDER,
        env=os.environ | {"DAGSTER_HOME": str(history)},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - started
    if "nothing changed" not in result.stdout:
        raise click.ClickException("the command built although no document changed; was the code edited meanwhile?")
    return Measurement(seconds, {}, None)


def report(measurements: dict[str, list[Measurement]]) -> str:
    """The table: medians, and what part of a full build each case takes."""
    medians = {case: statistics.median(run.seconds for run in runs) for case, runs in measurements.items()}
    [full, *_] = medians.values()
    rows = []
    for case, runs in measurements.items():
        seconds = [run.seconds for run in runs]
        by_step = [
            f"{statistics.median(run.by_step[step] for run in runs):.2f}" if step in runs[0].by_step else ""
            for step in STEPS
        ]
        rows.append(
            [
                case,
                f"{medians[case] / full:.3f}",
                f"{medians[case]:.2f}",
                f"{min(seconds):.2f} to {max(seconds):.2f}",
                *by_step,
            ]
        )
    return table(["what changed", "of a full build", "seconds", "range", *STEPS], rows)


if __name__ == "__main__":
    main()
