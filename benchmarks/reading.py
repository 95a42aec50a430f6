"""From files to typed nested data: ours, what others offer, and the floor, side by side in one run.

    .venv/bin/python -m benchmarks.reading --set-up      once: .venv-benchmarks/ with the packages of the others
    .venv/bin/python -m benchmarks.reading [--documents 20000] [--repeats 5] [--only a,e,floor] [--corpus FOLDER]

Every single measurement is made in a fresh process with one thread: imports and a run on a few documents first, then
the clock. The routes take turns (a b c … a b c …), so that a noisy neighbor meets all of them. All files are read once
before, so that they come from memory for everyone. What each route wrote is compared with what PyYAML wrote.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from benchmarks import describe_machine, in_a_process_apart, peak_memory, reset_peak_memory, table
from benchmarks.corpus import Corpus, corpus_options, prepared_corpus
from benchmarks.routes import ROUTES, Route, fast_count, read_bytes, reads_alike, summary
from pipeline.settings import PROJECT_FOLDER

ENVIRONMENT = PROJECT_FOLDER / ".venv-benchmarks"
REQUIREMENTS = PROJECT_FOLDER / "benchmarks" / "requirements.txt"
BASELINE = "pyyaml"
GENERAL_LIBRARIES = ("rapidyaml", "yaml-rs")
_PACKAGES = ("polars", "pyarrow", "duckdb", "pyyaml", "pandas", "python-frontmatter", "dlt", "rapidyaml", "yaml-rs")
_WARM_UP = 20


@dataclass(frozen=True)
class Measurement:
    """One run of a route: seconds by the wall and of the processors (None where the start of processes is among them),
    most memory of one process in bytes, and the summary of what it wrote."""

    seconds: float
    processor_seconds: float | None
    peak_bytes: int
    written: dict[str, int]


@click.command(help=__doc__.partition("\n")[0])
@corpus_options(default_documents=20_000)
@click.option("--repeats", default=5, show_default=True, help="How often each route runs.")
@click.option("--only", default="", metavar="NAMES", help="Only these routes, separated by commas; a is always there.")
@click.option(
    "--sample", default=5_000, show_default=True, help="Documents that slow routes read; their time is scaled by bytes."
)
@click.option("--set-up", "is_set_up", is_flag=True, help=f"Make {ENVIRONMENT.name}/ with the packages of the others.")
def main(documents: int, origin: Path | None, repeats: int, only: str, sample: int, is_set_up: bool) -> None:
    if is_set_up:
        set_up()
        return
    _continue_in_environment()
    os.environ |= {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    routes = chosen_routes(only)
    with prepared_corpus(documents, origin, is_wanted=reads_alike) as corpus:
        fast = in_a_process_apart(fast_count, corpus.files)
        click.echo(f"Machine: {describe_machine(_PACKAGES)}\nDocuments: {corpus.sentence}, {corpus.origin}")
        click.echo(f"Read by the fast reader: {fast:,}; the others are left to PyYAML\n")
        measurements, failures = measure_all(routes, corpus, repeats, sample)
        click.echo(report(measurements, failures, corpus, sample))
    if any(route.is_ours and _differences(measurements, route.name) for route in routes):
        raise click.ClickException("a route of ours gives other data than the baseline")
    if failed := [route.name for route in routes if route.is_ours and route.name in failures]:
        raise click.ClickException(f"routes of ours failed: {', '.join(failed)}")


def set_up() -> None:
    """Make the environment: the packages of the others, and behind them those of the environment that runs this."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
    python = ENVIRONMENT / "bin" / "python"
    places = [path for path in sys.path if path.endswith("site-packages")]
    [own] = ENVIRONMENT.glob("lib/python*/site-packages")
    (own / "project.pth").write_text("".join(f"import site; site.addsitedir({place!r})\n" for place in places))
    # Without dependencies: the file names them, and those of the project keep the versions that the project runs with.
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(REQUIREMENTS)], check=True)
    click.echo(f"{ENVIRONMENT} is ready")


def _continue_in_environment() -> None:
    """Go on with the interpreter that knows the packages of all routes, if it was set up."""
    python = ENVIRONMENT / "bin" / "python"
    if python.exists() and Path(sys.prefix).resolve() != ENVIRONMENT.resolve():
        os.execv(str(python), [str(python), "-m", "benchmarks.reading", *sys.argv[1:]])


def chosen_routes(only: str) -> list[Route]:
    """The routes to run. Those whose packages are missing are left out, with a word about it."""
    names = {name.strip() for name in only.split(",") if name.strip()}
    if unknown := names - {route.name for route in ROUTES}:
        raise click.UsageError(f"no route {', '.join(unknown)}; there are {', '.join(route.name for route in ROUTES)}")
    routes = []
    for route in ROUTES:
        if names and route.name not in names | {BASELINE}:
            continue
        if missing := [package for package in route.packages if not _is_installed(package)]:
            click.echo(f"Skipped {route.name}: {', '.join(missing)} is not installed; see --set-up")
            continue
        routes.append(route)
    return routes


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


# Measuring ----------------------------------------------------------------------------------------------------------


def measure_all(
    routes: Sequence[Route], corpus: Corpus, repeats: int, sample: int
) -> tuple[dict[str, list[Measurement]], dict[str, str]]:
    """Measurements of each route in turns, and for the routes that failed why. A failed route does not run again."""
    measurements: dict[str, list[Measurement]] = {route.name: [] for route in routes}
    failures: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as temporary:
        few, some = Path(temporary, "few"), Path(temporary, "some")
        warm_up = _linked(corpus.files[:_WARM_UP], few)
        step = max(1, len(corpus.files) // sample)
        sampled = _linked(corpus.files[::step][:sample], some)
        for file in corpus.files:
            read_bytes(file)
        for repeat in range(repeats):
            for route in routes:
                if route.name in failures:
                    continue
                files = sampled if route.is_slow else corpus.files
                output = Path(temporary, f"{route.name}-{repeat}")
                _show(f"Run {repeat + 1} of {repeats}: {route.words}")
                try:
                    measured = in_a_process_apart(_measure, route.name, warm_up, files, str(output))
                except Exception as error:
                    failures[route.name] = f"{type(error).__name__}: {error}".partition("\n")[0]
                    continue
                measurements[route.name].append(measured)
        _show("")
        if any(route.is_slow for route in routes) and len(sampled) < len(corpus.files):
            # What the baseline writes for the sample, to hold the slow routes against; it takes no part in the times.
            output = Path(temporary, "baseline")
            measurements["sample"] = [in_a_process_apart(_measure, BASELINE, warm_up, sampled, str(output))]
    return measurements, failures


def _show(words: str) -> None:
    """What is going on, on one line of the terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r{words:80}\r", nl=False, err=True)


def _linked(files: Sequence[str], folder: Path) -> list[str]:
    """The files in a folder of their own, for routes that read folders."""
    folder.mkdir()
    for file in files:
        os.link(file, folder / Path(file).name)
    return [str(folder / Path(file).name) for file in files]


def _measure(name: str, warm_up: Sequence[str], files: Sequence[str], output: str) -> Measurement:
    """Run one route in this process: once to warm up, once by the clock."""
    route = next(route for route in ROUTES if route.name == name)
    before, after = Path(output, "warm-up"), Path(output, "measured")
    for folder in (before, after):
        folder.mkdir(parents=True)
    route.function(files if route.keeps_warm else warm_up, before)
    gc.collect()
    reset_peak_memory()
    processor = time.process_time()
    started = time.perf_counter()
    seconds = route.function(files, after)
    elapsed = time.perf_counter() - started
    processor = time.process_time() - processor
    peak = max(peak_memory(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
    if seconds is None:
        return Measurement(elapsed, processor, peak, summary(after))
    return Measurement(seconds, None, peak, summary(after))


# Reporting ----------------------------------------------------------------------------------------------------------


def report(measurements: dict[str, list[Measurement]], failures: dict[str, str], corpus: Corpus, sample: int) -> str:
    """The table of ratios, the goals, and what has to be said about both."""
    baseline = measurements[BASELINE]
    if not baseline:
        raise click.ClickException(f"the baseline failed: {failures[BASELINE]}")
    scale = _scale(corpus, sample)
    rows, remarks = [], []
    for route in ROUTES:
        runs = measurements.get(route.name)
        if route.name in failures:
            remarks.append(f"({route.name}) failed: {failures[route.name]}")
        if not runs:
            continue
        factor = scale if route.is_slow else 1.0
        seconds = [run.seconds * factor for run in runs]
        median = statistics.median(seconds)
        by_turn = [base.seconds / own for base, own in zip(baseline, seconds, strict=False)]
        processor = _median_processor_seconds(runs)
        differences = _differences(measurements, route.name)
        rows.append(
            [
                f"({route.name}) {route.words}",
                f"{statistics.median(run.seconds for run in baseline) / median:.2f}",
                f"{min(by_turn):.2f} to {max(by_turn):.2f}",
                f"{_median_processor_seconds(baseline) / processor / factor:.2f}" if processor else "",
                f"{median:.2f}",
                f"{corpus.byte_count / median / 1e6:.1f}",
                f"{max(run.peak_bytes for run in runs) / 1e6:,.0f}",
                "no" if differences else "yes",
            ]
        )
        if differences:
            remarks.append(f"({route.name}) differs: {differences}")
        if factor != 1.0:
            remarks.append(f"({route.name}) read {sample:,} documents; its time is scaled by {factor:.2f}, by bytes")
    header = ["route", f"times {BASELINE}", "by turn", "by processor", "seconds", "MB/s", "peak MB", "same data"]
    parts = [table(header, rows), *remarks]
    if goals := _goals(measurements):
        parts.append(table(["goal", "wanted", "measured", "by processor", "met"], goals))
    return "\n\n".join(parts)


def _median_processor_seconds(runs: Sequence[Measurement]) -> float:
    """0 where they are not known."""
    return statistics.median(run.processor_seconds or 0.0 for run in runs)


def _scale(corpus: Corpus, sample: int) -> float:
    step = max(1, len(corpus.files) // sample)
    sampled = corpus.files[::step][:sample]
    return corpus.byte_count / sum(Path(file).stat().st_size for file in sampled)


def _differences(measurements: dict[str, list[Measurement]], name: str) -> str:
    """In words, where the data of a route differ from those of the baseline; empty where they do not."""
    runs = measurements.get(name)
    if not runs:
        return ""
    is_slow = next(route for route in ROUTES if route.name == name).is_slow
    expected = measurements["sample" if is_slow and "sample" in measurements else BASELINE][0].written
    return ", ".join(
        f"{what} {run.written[what]} instead of {value}"
        for run in runs[:1]
        for what, value in expected.items()
        if run.written[what] != value
    )


def _goals(measurements: dict[str, list[Measurement]]) -> list[list[str]]:
    """What ours is meant to reach, beside what it reached; only goals whose routes were run."""
    wall = {name: statistics.median(run.seconds for run in runs) for name, runs in measurements.items() if runs}
    processor = {name: _median_processor_seconds(runs) for name, runs in measurements.items() if runs}
    fastest = min((name for name in GENERAL_LIBRARIES if name in wall), key=wall.__getitem__, default="")
    goals = (
        (f"one process, times {BASELINE}", "at least", 15.0, BASELINE, "ours"),
        (f"one process, times {fastest}, the fastest general library", "at least", 2.5, fastest, "ours"),
        ("one process, seconds of the floor", "at most", 3.0, "ours", "floor"),
        (f"two processes, times {BASELINE} in one", "at least", 25.0, BASELINE, "ours-two"),
    )
    rows = []
    for words, kind, goal, numerator, denominator in goals:
        if numerator in wall and denominator in wall:
            value = wall[numerator] / wall[denominator]
            is_met = value >= goal if kind == "at least" else value <= goal
            by_processor = processor[denominator] and f"{processor[numerator] / processor[denominator]:.2f}"
            rows.append([words, f"{kind} {goal:g}", f"{value:.2f}", by_processor or "", "yes" if is_met else "no"])
    return rows


if __name__ == "__main__":
    main()
