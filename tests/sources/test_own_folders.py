"""A warehouse or a run history inside a source is never read as documents."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.build import Watch, build_warehouse
from pipeline.errors import InputError
from pipeline.orchestration.home import prepare_home
from pipeline.settings import Options
from pipeline.sources import list_files
from pipeline.sources.folder import Folder
from pipeline.warehouse.snapshots import Warehouse

DOCUMENT = "---\ntitle: {}\nwebUrl: https://example.net/{}\n---\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.md").write_text(DOCUMENT.format(name, name))
    return folder


def test_a_warehouse_inside_a_source_is_left_out_and_that_is_said(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(data / "history"))
    prepare_home()
    warehouse, said = Warehouse(data / "warehouse"), list[str]()
    sources = [Folder("data", data)]
    for number in range(2):
        built = build_warehouse(warehouse, sources, Options(processes=1), Watch(warn=said.append))
        assert (built.read.document_count, built.read.rejected_count, built.is_new) == (2, 0, number == 0)
        assert [
            f"{data / name} is a folder that Broadsheet itself writes" in text
            for text, name in zip(said, ("history", "warehouse"), strict=True)
        ] == [True, True]
        said.clear()
    assert built.snapshot.record.passed_over_count == 2
    # A copy of it, and one of another project, are no documents, either.
    shutil.copytree(warehouse.folder, data / "backup", symlinks=True)
    assert [path for _, path, *_ in list_files(sources).files] == ["a.md", "b.md"]


def test_a_warehouse_is_not_a_source(data: Path) -> None:
    warehouse = Warehouse(data)
    with warehouse.lock(0):
        (warehouse.snapshots_folder / "20200101").mkdir(parents=True)
        (warehouse.folder / "current").symlink_to("snapshots/20200101")
    (data / "snapshots" / "20200101" / "a.parquet").touch()
    for place in (data, data / "snapshots", data / "current"):
        with pytest.raises(InputError, match="is a folder that Broadsheet itself writes"):
            Folder("data", place).list()


def test_a_warehouse_in_the_folder_of_a_source_is_refused_before_it_leaves_anything_there(data: Path) -> None:
    (data.parent / "link").symlink_to("data")
    with pytest.raises(
        InputError, match="the source data and the warehouse are one folder; give the warehouse its own"
    ):
        build_warehouse(Warehouse(data.parent / "link"), [Folder("data", data)], Options(processes=1))
    assert sorted(file.name for file in data.iterdir()) == ["a.md", "b.md"]


def test_a_warehouse_whose_path_is_not_text_is_refused(data: Path) -> None:
    with pytest.raises(InputError, match=r"warehouse /.*\\xff is not UTF-8 text; give another folder"):
        Warehouse(data / "\udcff")


def test_a_warehouse_may_lie_in_the_folder_of_the_sources(data: Path) -> None:
    with Warehouse(data.parent).lock(0):
        assert len(Folder("data", data).list().files) == 2


def test_a_source_inside_another_one_is_said(data: Path, tmp_path: Path) -> None:
    (data / "inner").mkdir()
    (data / "inner" / "c.md").touch()
    (tmp_path / "link").symlink_to("data")
    sources = [Folder("inner", data / "inner"), Folder("outer", data), Folder("same", tmp_path / "link")]
    listing = list_files(sources)
    assert len(listing.files) == 1 + 3 + 3
    assert listing.remarks(0)[:3] == [
        f"the source {inner} lies inside the source {outer}: its files are documents of both"
        for inner, outer in (("inner", "outer"), ("same", "outer"), ("inner", "same"))
    ]
    assert list_files(sources[:1]).notes == []
