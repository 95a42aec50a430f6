"""What several tests need: a warehouse of the bundled seed, built once through the real build."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.build import open_build
from pipeline.settings import PROJECT_FOLDER, Options
from pipeline.sources import Source
from pipeline.warehouse.snapshots import Snapshot, Warehouse


@pytest.fixture(scope="session")
def seed_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The published snapshot of the bundled seed document."""
    folder: Path = tmp_path_factory.mktemp("seed")
    with open_build(Warehouse(folder), [Source("seeds", PROJECT_FOLDER / "seeds")], Options(processes=1)) as build:
        return build.snapshot
