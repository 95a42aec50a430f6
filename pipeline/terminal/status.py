"""The published snapshot and those before it: when built, from what, what was rejected, what changed since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import BroadsheetError
from pipeline.terminal.layout import as_markup, grid_of, open_console, print_grid
from pipeline.texts import counted
from pipeline.warehouse.database import read_only
from pipeline.warehouse.snapshots import Snapshot, Warehouse


def show_status(warehouse: Warehouse) -> None:
    """The current snapshot, its sources and whether they changed, what was rejected, findings and checks."""
    snapshot = warehouse.current()
    built_at = snapshot.record.built_at
    terminal = open_console()
    terminal.print(
        f"[bold]{snapshot.name}[/bold]  built {built_at:%Y-%m-%d %H:%M:%S} UTC, {_age(built_at)} ago", highlight=False
    )
    terminal.print(f"in {as_markup(str(snapshot.folder))}, {_size(snapshot.folder)}\n", highlight=False)
    grid = grid_of("Sources", ["name", "documents", "rejected", "passed over", "where", "since then"])
    changes = _changes_since(
        warehouse, snapshot, lambda remark: terminal.print(f"{as_markup(remark)}\n", highlight=False)
    )
    with read_only(snapshot.database) as connection:
        for name, documents, rejected, passed_over in connection.execute(
            "select source_name, document_count, rejected_count, passed_over_count from sources order by source_name"
        ).fetchall():
            location = snapshot.record.sources.get(name, "")
            counts = (f"{count:,}" for count in (documents, rejected, passed_over))
            grid.add_row(as_markup(name), *counts, as_markup(location), as_markup(changes))
        rejected_rows = connection.execute(
            "select reason, count(*), min(path) from rejected_documents group by reason order by 2 desc, 1"
        ).fetchall()
        finding_rows = connection.execute(
            "select severity, rule, count(*) from findings group by all order by severity desc, 3 desc, rule"
        ).fetchall()
    print_grid(grid)
    for path in snapshot.changed_files():
        terminal.print(
            f"[bold]{as_markup(path)}[/bold] was changed since it was published, or is gone; run broadsheet build",
            highlight=False,
        )
    if damaged := warehouse.damaged():
        terminal.print(
            f"{counted(len(damaged), 'snapshot')} without a whole manifest, left unused; see: broadsheet doctor",
            highlight=False,
        )
    for title, header, rows in (
        ("Rejected", ["reason", "files", "for example"], rejected_rows),
        ("Findings", ["severity", "rule", "findings"], finding_rows),
        ("Checks with offenders", ["check", "offenders"], _offenders(snapshot)),
    ):
        if rows:
            grid = grid_of(title, header)
            for row in rows:
                shown = (f"{value:,}" if isinstance(value, int) else as_markup(str(value)) for value in row)
                grid.add_row(*shown)
            print_grid(grid)


def _offenders(snapshot: Snapshot) -> list[tuple[str, int]]:
    """Checks that complained, with the number of rows."""
    from pipeline.warehouse.checks import snapshot_results

    return [(result.query.name, result.offender_count) for result in snapshot_results(snapshot) if not result.passed]


def show_snapshots(warehouse: Warehouse) -> None:
    """The published snapshots, latest first, and the damaged ones. Raises `InputError` when there is none."""
    snapshots, damaged = warehouse.snapshots(), warehouse.damaged()
    if not snapshots and not damaged:
        warehouse.current()  # Says why.
    grid = grid_of("Snapshots", ["", "name", "built (UTC)", "documents", "rejected", "articles", "size"])
    for snapshot in snapshots:
        record = snapshot.record
        grid.add_row(
            "current" if snapshot.is_current else "",
            snapshot.name,
            f"{record.built_at:%Y-%m-%d %H:%M:%S}",
            f"{record.document_count:,}",
            f"{record.rejected_count:,}",
            f"{record.tables['articles'].row_count:,}",
            _size(snapshot.folder),
        )
    for folder in damaged:
        grid.add_row("damaged", as_markup(folder.name), "", "", "", "", _size(folder))
    print_grid(grid)


def _changes_since(warehouse: Warehouse, snapshot: Snapshot, say: Callable[[str], None]) -> str:
    """Whether the sources of a snapshot look as they did when it was built; `say` hears what is odd about them."""
    from pipeline.settings import Options
    from pipeline.sources import source_at
    from pipeline.warehouse.last_build import unchanged_snapshot

    sources = [source_at(name, location) for name, location in sorted(snapshot.record.sources.items())]
    try:
        is_unchanged = unchanged_snapshot(warehouse, sources, Options(snapshot.record.limits), say) is not None
    except BroadsheetError as error:
        return str(error)
    return "unchanged" if is_unchanged else "changed, or Broadsheet was; run broadsheet build"


def _age(instant: datetime) -> str:
    seconds = int((datetime.now(UTC) - instant).total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return counted(seconds // length, unit)
    return counted(seconds, "second")


def _size(folder: Path) -> str:
    size = float(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()))
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
