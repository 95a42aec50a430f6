"""What Dagster costs a build: the same full build as plain functions and as `broadsheet build`, in fresh processes.

    .venv/bin/python benchmarks/dagster_overhead.py [FOLDER ...]

Prints the fastest of several runs of each and the difference, which should stay below 3 seconds, and how long a build
takes when nothing has changed. Without folders the bundled seed is built.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).parent.parent
ROUNDS = 5
LIMIT_SECONDS = 3.0

PLAIN = """
import sys
from pathlib import Path
from pipeline.build import open_build
from pipeline.settings import Options
from pipeline.sources import parse_sources
from pipeline.warehouse import Warehouse

if __name__ == "__main__":
    with open_build(Warehouse(Path(sys.argv[1])), parse_sources(sys.argv[2:]), Options(full=True)) as build:
        build.snapshot
"""


def seconds(command: list[str], folder: Path) -> tuple[float, float]:
    """Wall-clock and processor seconds of a command."""
    before = os.times()
    started = time.perf_counter()
    environment = os.environ | {"DAGSTER_HOME": str(folder / "home")}
    subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - started, processor


def main() -> int:
    sources = [str(Path(source).absolute()) for source in sys.argv[1:]] or [str(PROJECT / "seeds")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = folder / "plain.py"
        script.write_text(PLAIN)
        build = [sys.executable, "-m", "pipeline.cli", "build", *sources, "--warehouse", str(folder / "warehouse")]
        commands = {
            "plain functions": [sys.executable, str(script), str(folder / "plain"), *sources],
            "through Dagster": [*build, "--full"],
            "nothing changed": build,
        }
        print(f"{'':<18}{'seconds':>8}  {'of processor':>12}")
        fastest = {}
        for what, command in commands.items():
            seconds(command, folder)  # Makes folders and databases, and warms the cache of the file system.
            runs = [seconds(command, folder) for _ in range(ROUNDS)]
            fastest[what], processor = min(wall for wall, _ in runs), min(spent for _, spent in runs)
            print(f"{what:<18}{fastest[what]:>8.2f}  {processor:>12.2f}")
    overhead = fastest["through Dagster"] - fastest["plain functions"]
    print(f"{'overhead':<18}{overhead:>8.2f}  (limit {LIMIT_SECONDS})")
    return int(overhead > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
