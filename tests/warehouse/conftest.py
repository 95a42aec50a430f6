"""A warehouse with its source, built once, that each test may damage."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pipeline.build import build_warehouse
from pipeline.settings import PROJECT_FOLDER
from pipeline.sources.folder import Folder
from pipeline.warehouse.snapshots import Warehouse
from tests.helpers.damage import ONE_PROCESS, BuiltCopy


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damage")
    shutil.copytree(PROJECT_FOLDER / "seeds", folder / "seeds")
    for file in (folder / "seeds").iterdir():
        os.utime(file, (1_600_000_000, 1_600_000_000))
    build_warehouse(Warehouse(folder / "warehouse"), [Folder("seeds", folder / "seeds")], ONE_PROCESS)
    return folder


@pytest.fixture
def place(built_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BuiltCopy:
    monkeypatch.setattr("pipeline.sources.interface.RACY_NS", 0)  # No file is too fresh to be trusted.
    shutil.copytree(built_once, tmp_path, symlinks=True, dirs_exist_ok=True)
    place = BuiltCopy(tmp_path, Warehouse(tmp_path / "warehouse"), [])
    place.build()
    place.warned.clear()
    return place
