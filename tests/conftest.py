"""What several tests need: warehouses that are built once, through the real build."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.build import build_warehouse
from pipeline.samples import generate_corpus
from pipeline.settings import PROJECT_FOLDER, Options
from pipeline.sources.folder import Folder
from pipeline.warehouse.snapshots import Snapshot, Warehouse

if TYPE_CHECKING:
    from tests.helpers.object_store import Endpoint


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with slow tests."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


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


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """Where the S3 server of this process listens."""
    from tests.helpers.object_store import s3_server

    with s3_server() as address:
        yield address


@pytest.fixture
def endpoint(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """An end point before that server, with a bucket that is new; it is told what goes wrong. Patience is short."""
    from tests.helpers.object_store import Endpoint, variables

    with Endpoint(s3_address) as endpoint:
        for name, value in variables(endpoint.url).items():
            monkeypatch.setenv(name, value)
        backoff = {"init_backoff": timedelta(milliseconds=1), "max_backoff": timedelta(milliseconds=5), "base": 2}
        retries = {"max_retries": 2, "retry_timeout": timedelta(seconds=60), "backoff": backoff}
        monkeypatch.setattr("pipeline.stores.RETRIES", retries)
        yield endpoint


def _built(warehouse: Path, documents: Path) -> Snapshot:
    sources = [Folder(documents.name, documents)]
    return build_warehouse(Warehouse(warehouse), sources, Options(processes=1)).snapshot
