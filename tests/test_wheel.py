"""The wheel: it carries all that a build needs, and works from an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline.settings import PROJECT_FOLDER


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=PROJECT_FOLDER, check=True, capture_output=True)
    [file] = folder.glob("*.whl")
    assert file.name == f"broadsheet-{version('broadsheet')}-py3-none-any.whl"
    return zipfile.ZipFile(file)


def test_a_wheel_carries_the_code_the_sql_the_reference_data_and_the_seed(wheel: zipfile.ZipFile) -> None:
    def files(folder: str) -> set[str]:
        found = (file for file in (PROJECT_FOLDER / folder).rglob("*") if file.is_file())
        return {str(file.relative_to(PROJECT_FOLDER)) for file in found if file.suffix != ".pyc"}

    beside = files("sql") | files("seeds") | {"dagster.yaml"}
    carried = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert carried == files("pipeline") | {f"pipeline/{name}" for name in beside}


@pytest.mark.slow
def test_an_installed_wheel_builds_and_answers_below_an_empty_folder(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    wheel.extractall(installed)
    empty.mkdir()
    away = {"BROADSHEET_WAREHOUSE", "BROADSHEET_SOURCES", "DAGSTER_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in away}

    def broadsheet(*words: str) -> str:
        command = [sys.executable, "-m", "pipeline.terminal.cli", *words]
        environment["PYTHONPATH"] = str(installed)
        result = subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True, check=False)
        assert (result.returncode, result.stderr) == (0, ""), result.stderr
        return result.stdout

    assert "warehouse/current/*.parquet" in broadsheet("build")
    assert (empty / "warehouse" / "current" / "articles.parquet").exists()
    assert broadsheet("sql", "select document_count from sources", "--csv") == "document_count\n1\n"
    assert "share_of_voice" in broadsheet("tables")
    assert "denominator" in broadsheet("metrics", "share_of_voice")
    assert str(installed / "pipeline" / "seeds") in broadsheet("status")
