"""What lies beside the code holds: the map for contributors, the changelog, the license, the hook, hosted CI."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from pipeline.settings import PROJECT_FOLDER, SQL_FOLDER
from pipeline.warehouse.database import read_only
from pipeline.warehouse.snapshots import Snapshot
from pipeline.warehouse.sql_files import all_queries

CONTRIBUTING = (PROJECT_FOLDER / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((PROJECT_FOLDER / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_map_is_short_and_every_place_and_command_on_it_exists() -> None:
    assert len(CONTRIBUTING.splitlines()) <= 80
    places = re.findall(r"`((?:pipeline|sql|docs|tests|benchmarks)/[\w/.]*)`", CONTRIBUTING)
    links = re.findall(r"\]\(([^)#]+)\)", CONTRIBUTING)
    assert len(places) > 20
    for place in [*places, *links]:
        assert (PROJECT_FOLDER / place).exists(), place
    targets = re.findall(r"^(\w+):.*##", (PROJECT_FOLDER / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"`make (\w+)", CONTRIBUTING)) <= set(targets)
    rooms = {folder.name for folder in (PROJECT_FOLDER / "pipeline").iterdir() if (folder / "__init__.py").exists()}
    assert rooms <= set(re.findall(r"`pipeline/(\w+)/`", CONTRIBUTING))


def test_the_view_to_add_is_a_whole_one(seed_snapshot: Snapshot, tmp_path: Path) -> None:
    """Its file can be read beside the others, its query runs, and it describes the columns that it gives."""
    folder = tmp_path / "sql"
    shutil.copytree(SQL_FOLDER, folder)
    [text] = re.findall(r"```sql\n(/\*\n.*?)```", CONTRIBUTING, re.DOTALL)
    (folder / "views" / "at_night.sql").write_text(text, encoding="utf-8")
    view = all_queries(folder)["at_night"]
    with read_only(seed_snapshot.database) as connection:
        assert connection.sql(view.select).columns == list(view.columns)


def test_the_changelog_begins_with_what_is_unreleased_and_ends_with_dated_versions() -> None:
    changelog = (PROJECT_FOLDER / "CHANGELOG.md").read_text(encoding="utf-8")
    [unreleased, *versions] = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", changelog, re.MULTILINE)
    assert unreleased == ("Unreleased", "")
    assert versions[0][0] == PROJECT["version"]
    assert all(date for _, date in versions)


def test_the_license_is_the_one_of_the_package() -> None:
    assert PROJECT["license"] == "MIT"
    assert (PROJECT_FOLDER / "LICENSE").read_text(encoding="utf-8").startswith("MIT License\n")


def test_hosted_ci_runs_what_a_laptop_runs() -> None:
    workflow = yaml.safe_load((PROJECT_FOLDER / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    steps = [step["run"] for step in workflow["jobs"]["check"]["steps"] if "run" in step]
    assert steps == [".ci/run", "make other-duckdb"]
    assert re.findall(r"^make (\w+)$", (PROJECT_FOLDER / ".ci/run").read_text(encoding="utf-8"), re.MULTILINE) == [
        "lint",
        "test",
    ]


def test_the_hook_lets_only_formatted_code_into_a_commit(tmp_path: Path) -> None:
    def git(*arguments: str) -> int:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.test")
        return subprocess.run(["git", *identity, *arguments], check=False, cwd=tmp_path, capture_output=True).returncode

    git("init")
    git("config", "core.hooksPath", str(PROJECT_FOLDER / ".githooks"))
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    (tmp_path / "module.py").write_text("x = {  }\n", encoding="utf-8")
    git("add", "module.py")
    assert git("commit", "-m", "not formatted") == 1
    (tmp_path / "module.py").write_text("x = {}\n", encoding="utf-8")
    git("add", "module.py")
    assert git("commit", "-m", "formatted") == 0
