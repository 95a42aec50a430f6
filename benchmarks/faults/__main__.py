"""`python -m benchmarks.faults`: all faults, and a table of what came of them."""

from __future__ import annotations

import os
import time
from collections import Counter

import click

from benchmarks import describe_machine, faults, table


@click.command(help=(faults.__doc__ or "").partition("\n")[0])
@click.option("--kills", default=1_000, show_default=True, help="Builds that are killed.")
@click.option("--reads", default=1_000_000, show_default=True, help="Tables that are read meanwhile.")
@click.option("--flips", default=500, show_default=True, help="Bits that are flipped in each kind of file.")
@click.option("--seconds", default=1_800, show_default=True, help="Where it ends, whatever is left to do.")
@click.option("--seed", default=1, show_default=True)
def main(kills: int, reads: int, flips: int, seconds: int, seed: int) -> None:
    load = os.getloadavg()[0]
    click.echo(f"Machine: {describe_machine(('polars', 'duckdb', 'pyarrow'))}; load before {load:.1f}")
    started = time.monotonic()
    figures = faults.run(kills, reads, flips, seconds, seed)
    click.echo(table(["what", "how many"], figures.rows()))
    click.echo(f"{time.monotonic() - started:,.0f} s")
    for problem, count in Counter(figures.problems).most_common():
        click.echo(f"{count:,} × {problem}")
    if figures.problems:
        raise click.ClickException("something wrong was published or read, or a later build was lost")


if __name__ == "__main__":
    main()
