"""The end of a build: what is there, where it is, what to do next."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from pipeline.terminal.layout import tell
from pipeline.warehouse.snapshots import Snapshot, Warehouse

_NAME = "broadsheet"


def summarize(warehouse: Warehouse, snapshot: Snapshot, what: str) -> None:
    """The end of a build: what is there, where it is, what to do next."""
    record = snapshot.record
    rows = {name: table.row_count for name, table in record.tables.items()}
    passed_over = f", {record.passed_over_count:,} passed over" if record.passed_over_count else ""
    tell(f"Snapshot {snapshot.name}: {what}.\n")
    for name, count, note in (
        ("documents", record.document_count, f"{record.rejected_count:,} rejected{passed_over}"),
        ("articles", rows["articles"], "distinct, whatever the number of documents that mention them"),
        ("stories", rows["stories"], ""),
        ("providers", rows["providers"], f"{rows['publishers']:,} publishers"),
        ("topics", rows["topics"], ""),
        ("related links", rows["related_links"], ""),
        ("findings", rows["findings"], 'on data quality; see: broadsheet sql "from findings_summary"'),
    ):
        tell(f"  {name:<14}{count:>12,}  {note}".rstrip())
    tell(f"\n  Parquet  {shown_path(warehouse.folder / 'current')}/*.parquet")
    tell(f"  DuckDB   {shown_path(warehouse.folder / 'warehouse.duckdb')}\n")
    tell("Next:")
    last = ["sql", "from rejected_documents"] if record.rejected_count else ["ui"]
    for words in (["sql", "from share_of_voice limit 10"], ["tables"], last):
        tell(f"  {command_line(warehouse, words)}")


def command_line(warehouse: Warehouse, words: list[str]) -> str:
    """A command that works as it is printed, from where the user stands."""
    return shlex.join(
        [_program(), *words, *([] if warehouse.is_default else ["--warehouse", shown_path(warehouse.folder)])]
    )


def _program() -> str:
    """The name of the command, with its folder where that is not on PATH."""
    import shutil

    program = Path(sys.argv[0])
    if program.name != _NAME or not program.is_file():  # Called as a module or by another program.
        return _NAME
    found = shutil.which(_NAME)
    return _NAME if found and Path(found).absolute() == program.absolute() else shown_path(program.absolute())


def shown_path(path: Path) -> str:
    """A path relative to the working folder where it lies below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
