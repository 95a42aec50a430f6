"""What `broadsheet doctor` prints: a row for each thing in a warehouse that is not as it should be."""

from __future__ import annotations

from pipeline.build import Watch, build_warehouse
from pipeline.errors import InputError
from pipeline.settings import Options
from pipeline.sources import source_at
from pipeline.terminal.layout import as_markup, grid_of, print_grid, say, tell
from pipeline.terminal.summary import shown_path
from pipeline.texts import counted
from pipeline.warehouse.doctor import Finding, examine, repair
from pipeline.warehouse.snapshots import Snapshot, Warehouse


def show_health(warehouse: Warehouse, is_to_repair: bool) -> bool:
    """Print what is wrong with a warehouse, after healing it when asked to. Returns whether it is whole.

    Raises `InputError` when there is no warehouse, and `BusyError` when a build holds it.
    """
    if not warehouse.snapshots_folder.is_dir():
        warehouse.current()  # Says that nothing is built.

    def rebuild(damaged: Snapshot) -> None:
        sources = [source_at(name, location) for name, location in sorted(damaged.record.sources.items())]
        build_warehouse(warehouse, sources, Options(damaged.record.limits, full=True), Watch(warn=say))

    if is_to_repair:
        repair(warehouse, rebuild, tell)
    findings = _examined(warehouse)
    if not findings:
        count = counted(len(warehouse.snapshots()), "snapshot")
        tell(f"{shown_path(warehouse.folder)} is whole: {count}, every byte read")
        return True
    grid = grid_of("Findings", ["what", "where", "what it means", "what to do"])
    for finding in findings:
        texts = (finding.what, shown_path(finding.where), finding.meaning, finding.remedy)
        grid.add_row(*map(as_markup, texts))
    print_grid(grid)
    return False


def _examined(warehouse: Warehouse) -> list[Finding]:
    """What is found while no build works; where nobody can write, nobody builds."""
    try:
        with warehouse.lock(0):
            return examine(warehouse)
    except InputError:
        return examine(warehouse)
