"""How the command line runs a build."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.checks import CheckResult
from pipeline.settings import Options


@dataclass(frozen=True)
class RunResult:
    """What a build did."""

    snapshot: str
    is_new: bool
    check_results: list[CheckResult]


def run_build(
    warehouse: Path,
    sources: Sequence[str],
    options: Options,
    progress: Callable[[str, int, int], None],
    on_wait: Callable[[str], None],
    wait_seconds: float,
) -> RunResult:
    """Build and publish."""
    from pipeline.build import open_build
    from pipeline.sources import parse_sources
    from pipeline.warehouse import Warehouse

    with open_build(Warehouse(warehouse), parse_sources(sources), options, progress, wait_seconds, on_wait) as build:
        is_new = not build.is_unchanged
        snapshot = build.snapshot
        return RunResult(snapshot.name, is_new, build.check_results if is_new else [])
