"""The code that the README gives to readers, run as it stands there while `current` turns."""

from __future__ import annotations

import re
import shutil
import threading
from pathlib import Path

import pytest

from pipeline.settings import PROJECT_FOLDER
from pipeline.warehouse.snapshots import Snapshot, Warehouse

CODE = re.findall(
    r"^```python\n(.*?)^```$", (PROJECT_FOLDER / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)
LIBRARIES = [re.findall(r"^import (\w+)", code, re.MULTILINE)[0] for code in CODE]


def test_three_libraries_are_shown() -> None:
    assert LIBRARIES == ["polars", "pandas", "duckdb"]


@pytest.mark.parametrize("code", CODE, ids=LIBRARIES)
def test_readers_get_one_snapshot_while_current_turns(
    code: str,
    seed_snapshot: Snapshot,
    generated_snapshot: Snapshot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for snapshot in (seed_snapshot, generated_snapshot):
        shutil.copytree(snapshot.folder, tmp_path / "warehouse" / "snapshots" / snapshot.name)
    shutil.copytree(seed_snapshot.folder.parents[1], tmp_path / "warehouse", symlinks=True, dirs_exist_ok=True)
    warehouse = Warehouse(tmp_path / "warehouse")
    names = [snapshot.name for snapshot in (generated_snapshot, seed_snapshot)]
    expected = {1, generated_snapshot.record.document_count}
    is_done = threading.Event()

    def turn() -> None:
        while not is_done.is_set():
            for name in names:
                warehouse.rollback(name)

    monkeypatch.chdir(tmp_path)
    turning = threading.Thread(target=turn)
    turning.start()
    try:
        counts = []
        while len(counts) < 25 or (set(counts) != expected and len(counts) < 1000):
            found: dict[str, object] = {}
            exec(compile(code, "README.md", "exec"), found)
            counts.append(len(found["leads"]))  # type: ignore[arg-type]
    finally:
        is_done.set()
        turning.join()
    assert set(counts) == expected
