"""What several tests need: warehouses that are built once, through the real build."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.build import build_warehouse
from pipeline.samples import generate_corpus
from pipeline.settings import PROJECT_FOLDER, Options
from pipeline.sources.folder import Folder
from pipeline.warehouse.snapshots import Snapshot, Warehouse


@pytest.fixture(scope="session")
def seed_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The published snapshot of the bundled seed document."""
    return _built(tmp_path_factory.mktemp("seed"), PROJECT_FOLDER / "seeds")


@pytest.fixture(scope="session")
def generated_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The published snapshot of 2,000 made-up documents, as `broadsheet generate 2000` writes them."""
    folder = tmp_path_factory.mktemp("generated")
    generate_corpus(2000, folder / "corpus")
    return _built(folder / "warehouse", folder / "corpus")


def _built(warehouse: Path, documents: Path) -> Snapshot:
    sources = [Folder(documents.name, documents)]
    return build_warehouse(Warehouse(warehouse), sources, Options(processes=1)).snapshot
