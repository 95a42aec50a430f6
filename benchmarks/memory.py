"""How much memory a full build takes, process by process and step by step, and whether it grows with the corpus.

    .venv/bin/python -m benchmarks.memory [--documents 10000 --documents 40000] [--processes 2] [--corpus FOLDER]

Resident memory at its peak, from the counters of the Linux kernel (VmHWM), which begin anew with each step. Parquet
files that are mapped into memory count as long as their pages are touched.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from benchmarks import describe_machine, in_a_process_apart, peak_memory, reset_peak_memory, table
from benchmarks.corpus import prepared_corpus
from benchmarks.incremental import SOURCE_NAME
from pipeline.build import build_database, open_build, publish, read_files, run_checks, write_tables
from pipeline.settings import Options
from pipeline.sources.folder import Folder
from pipeline.warehouse.snapshots import Warehouse

STEPS = ("reading", "tables", "database", "checks", "publishing")
Result = TypeVar("Result")
_EVERY_SECONDS = 0.02


@dataclass(frozen=True)
class Measurement:
    """Peaks in bytes: of the building process before it begins and in each step, and of the largest reading process
    (0 when the building process reads by itself)."""

    at_start: int
    by_step: dict[str, int]
    largest_reader: int
    seconds: float


@click.command(help=__doc__.partition("\n")[0])
@click.option("--documents", "sizes", type=int, multiple=True, default=(10_000, 20_000, 40_000), show_default=True)
@click.option("--processes", default=2, show_default=True, help="How many processes read.")
@click.option(
    "--corpus",
    "origin",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the documents from this folder. Default: generate them.",
)
def main(sizes: tuple[int, ...], processes: int, origin: Path | None) -> None:
    click.echo(f"Machine: {describe_machine(('polars', 'duckdb'))}")
    rows = []
    with prepared_corpus(max(sizes), origin) as corpus:
        click.echo(f"Documents: {corpus.sentence}, {corpus.origin}; {processes} processes read\n")
        for size in sorted(sizes):
            with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as temporary:
                source = Path(temporary, "documents")
                source.mkdir()
                byte_count = 0
                for file in map(Path, corpus.files[:size]):
                    (source / file.name).hardlink_to(file)
                    byte_count += file.stat().st_size
                measured = in_a_process_apart(_build, str(Path(temporary, "warehouse")), str(source), processes)
            peaks = [measured.at_start, measured.largest_reader, *(measured.by_step[step] for step in STEPS)]
            rows.append(
                [
                    f"{size:,}",
                    f"{byte_count / 1e6:,.1f}",
                    f"{measured.seconds:.1f}",
                    *(f"{peak / 1e6:,.0f}" for peak in [*peaks, max(peaks)]),
                ]
            )
    click.echo("Peak of resident memory in MB: the largest reading process, and the building process in each step")
    header = ["documents", "MB of text", "seconds", "at start", "a reader", *STEPS, "largest"]
    click.echo(table(header, rows))


def _build(warehouse: str, source: str, processes: int) -> Measurement:
    """A full build in this process."""
    readers = _Children()
    reset_peak_memory()
    at_start = peak_memory()
    by_step: dict[str, int] = {}
    started = time.perf_counter()
    options = Options(processes=processes)
    with readers, open_build(Warehouse(Path(warehouse)), [Folder(SOURCE_NAME, Path(source))], options) as build:
        read, by_step["reading"] = _with_peak(lambda: read_files(build))
        tables, by_step["tables"] = _with_peak(lambda: write_tables(build, read))
        database, by_step["database"] = _with_peak(lambda: build_database(build, tables))
        checked, by_step["checks"] = _with_peak(lambda: run_checks(build, database))
        _, by_step["publishing"] = _with_peak(lambda: publish(build, read, tables, database, checked))
    return Measurement(at_start, by_step, readers.largest, time.perf_counter() - started)


def _with_peak(verb: Callable[[], Result]) -> tuple[Result, int]:
    reset_peak_memory()
    result = verb()
    return result, peak_memory()


class _Children:
    """Watches the processes that this one starts; `largest` is the highest peak of any of them, in bytes."""

    def __init__(self) -> None:
        self.largest = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Children:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        own = Path(f"/proc/{os.getpid()}/task")
        while not self._is_over.wait(_EVERY_SECONDS):
            for children in own.glob("*/children"):
                try:
                    processes = children.read_text().split()
                except OSError:
                    continue  # The thread has ended.
                self.largest = max([self.largest, *map(peak_memory, processes)])


if __name__ == "__main__":
    main()
