"""Who reads: one process, a pool of two, two workers of Dask; what a shard costs on its way, and what trouble costs.

    .venv/bin/python -m benchmarks.engines [--documents 100000] [--repeats 3] [--corpus FOLDER] [--no-trouble]

Reading alone is measured, in a fresh process each time: from the first look at the sources to the last fragment, with
the start of a pool or of a cluster of its own. A scheduler and workers that run already have read something before, as
they would. Tables, database and checks are made by one process, whoever reads.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import click
import xxhash

from benchmarks import describe_machine, in_a_process_apart, table
from benchmarks.corpus import corpus_options, prepared_corpus
from pipeline.build import open_build, read_files
from pipeline.entries.shard import Shard, shards_of
from pipeline.entries.store import listing_frame
from pipeline.processes import map_shards
from pipeline.settings import PROJECT_FOLDER, Dask, Options
from pipeline.sources import list_files
from pipeline.sources.folder import Folder
from pipeline.warehouse.snapshots import Warehouse

#: How many shards are sent around to tell what one costs.
SENT_SHARDS = 300
#: A slow worker is stopped for so long, then goes on for so long.
STOPPED_SECONDS, RUNNING_SECONDS = 0.3, 0.1


@dataclass
class Cluster:
    """A scheduler and two workers with a thread each, as the commands of Dask start them."""

    folder: Path
    port: int = 0
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """Start all three, and wait for the scheduler."""
        self._file.unlink(missing_ok=True)
        self._run("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--dashboard-address", "127.0.0.1:0")
        while not self._is_up():
            time.sleep(0.05)
        for _ in range(2):
            self._run("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0")
        self.port = int(self.address.rpartition(":")[2])

    @property
    def address(self) -> str:
        address: str = json.loads(self._file.read_text())["address"]
        return address

    def _is_up(self) -> bool:
        try:
            return bool(self.address)
        except (OSError, ValueError):  # It is not there, or half of it.
            return False

    @property
    def _file(self) -> Path:
        return self.folder / "scheduler.json"

    def _run(self, kind: str, *words: str) -> None:
        command = [sys.executable, "-m", "dask", kind, "--scheduler-file", str(self._file), *words]
        environment = os.environ | {"POLARS_MAX_THREADS": "1", "PYTHONPATH": str(PROJECT_FOLDER)}
        with (self.folder / "log").open("ab") as log:
            self.started.append(subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log))

    def stop(self) -> None:
        """End them, however they are."""
        for process in self.started:
            process.kill()
            process.wait()
        self.started.clear()

    # What may happen to it ---------------------------------------------------------------------------------------

    def kill_a_worker(self, is_over: threading.Event) -> None:
        self.started[1].kill()

    def slow_a_worker_down(self, is_over: threading.Event) -> None:
        """Let one of them have a quarter of its time."""
        while not is_over.wait(RUNNING_SECONDS):
            self.started[1].send_signal(signal.SIGSTOP)
            time.sleep(STOPPED_SECONDS)
            self.started[1].send_signal(signal.SIGCONT)

    def start_the_scheduler_again(self, is_over: threading.Event) -> None:
        """Kill it; its workers end with it. All are started again at the same address."""
        self.stop()
        self.start()


Happening = Callable[[threading.Event], None]
TROUBLE: dict[str, Callable[[Cluster, threading.Event], None]] = {
    "one worker is killed after the first shard": Cluster.kill_a_worker,
    "one worker has a quarter of its time": Cluster.slow_a_worker_down,
    "the scheduler is killed after the first shard, and all start again": Cluster.start_the_scheduler_again,
}


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="broadsheet-dask-") as folder:
        cluster = Cluster(Path(folder))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@click.command(help=__doc__.partition("\n")[0])
@corpus_options(default_documents=100_000)
@click.option("--repeats", default=3, show_default=True, help="How often each case runs.")
@click.option("--trouble/--no-trouble", default=True, help="Whether to kill and slow down workers and a scheduler.")
def main(documents: int, origin: Path | None, repeats: int, trouble: bool) -> None:
    with prepared_corpus(documents, origin, is_wanted=lambda content: True) as corpus:
        click.echo(
            f"Machine: {describe_machine(('polars', 'distributed'))}\nDocuments: {corpus.sentence}, {corpus.origin}\n"
        )
        runs: dict[str, list[tuple[float, str]]] = {}
        for _ in range(repeats):
            with running_cluster() as cluster:
                measure(corpus.folder, Options(dask=Dask(cluster.address)))
                for case, options in {
                    "one process": Options(processes=1),
                    "a pool of two processes": Options(processes=2),
                    "Dask, two workers that it starts": Options(processes=2, dask=Dask()),
                    "Dask, two workers that run already": Options(dask=Dask(cluster.address)),
                }.items():
                    runs.setdefault(case, []).append(measure(corpus.folder, options))
        for case, happens in TROUBLE.items() if trouble else ():
            with running_cluster() as cluster:
                options = Options(dask=Dask(cluster.address))
                measure(corpus.folder, options)
                runs[f"the same, but {case}"] = [measure(corpus.folder, options, partial(happens, cluster))]
        click.echo(report(runs))
        shards = in_a_process_apart(_shards, str(corpus.folder))
        with running_cluster() as cluster:
            costs = in_a_process_apart(_costs_of_shards, shards, cluster.address)
    click.echo(
        f"\nA shard of {len(shards[0]):,} files on its way there and back, its files counted there, milliseconds, "
        f"{SENT_SHARDS} shards, both after the first one:\n"
    )
    click.echo(table(["engine", "milliseconds"], [[name, f"{1000 * seconds:.1f}"] for name, seconds in costs.items()]))
    if len({digest for measured in runs.values() for _, digest in measured}) > 1:
        raise click.ClickException("not all wrote the same bytes")


def measure(source: Path, options: Options, happens: Happening | None = None) -> tuple[float, str]:
    """Seconds of reading, and the digest of what was read; something may happen after the first shard."""
    is_over = threading.Event()
    with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as folder:
        thread = threading.Thread(target=_after_the_first_shard, args=(Path(folder), happens, is_over))
        thread.start()
        try:
            measured: tuple[float, str] = in_a_process_apart(_read, folder, str(source), options)
        finally:
            is_over.set()
            thread.join()
    return measured


def _after_the_first_shard(warehouse: Path, happens: Happening | None, is_over: threading.Event) -> None:
    fragments = Warehouse(warehouse).fragments_folder
    while happens and not is_over.wait(0.05):
        if any(fragments.glob("[0-9a-f]*")):
            return happens(is_over)


def _read(warehouse: str, source: str, options: Options) -> tuple[float, str]:
    started = time.perf_counter()
    with open_build(Warehouse(Path(warehouse)), [Folder("news", Path(source))], options) as build:
        files = read_files(build).files
    seconds = time.perf_counter() - started
    # Fragments are named by the digests of their bytes.
    return seconds, xxhash.xxh3_64_hexdigest(files.drop("is_trusted").write_csv().encode())


def _shards(source: str) -> list[Shard]:
    return shards_of(listing_frame(list_files([Folder("news", Path(source))])))


def _costs_of_shards(shards: list[Shard], address: str) -> dict[str, float]:
    """Seconds for each shard, by engine."""
    many = [shards[number % len(shards)] for number in range(SENT_SHARDS + 1)]
    seconds = {}
    for name, dask in {"a pool of two processes": None, "Dask, two workers": Dask(address)}.items():
        results = map_shards(len, many, 2, dask=dask)
        next(results)
        started = time.perf_counter()
        assert sum(1 for _ in results) == SENT_SHARDS
        seconds[name] = (time.perf_counter() - started) / SENT_SHARDS
    return seconds


def report(runs: dict[str, list[tuple[float, str]]]) -> str:
    """The table: how many times as fast as one process in the same turn (others on the machine disturb less of that
    than of seconds), seconds, and whether all wrote the same bytes."""
    one = runs["one process"]
    same = one[0][1]
    rows = []
    for case, measured in runs.items():
        seconds = [seconds for seconds, _ in measured]
        ratios = [alone / there for (alone, _), there in zip(one, seconds, strict=False)]
        rows.append(
            [
                case,
                f"{statistics.median(ratios):.2f}",
                f"{min(ratios):.2f} to {max(ratios):.2f}",
                f"{statistics.median(seconds):.1f}",
                "yes" if all(digest == same for _, digest in measured) else "NO",
            ]
        )
    return table(["who reads", "times one process", "by turn", "seconds", "same bytes"], rows)


if __name__ == "__main__":
    main()
