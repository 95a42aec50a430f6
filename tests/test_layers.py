"""Who may import whom inside of `pipeline/`: each room the ones above it and no other, so that no circle can arise."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.settings import PROJECT_FOLDER

FOLDER = PROJECT_FOLDER / "pipeline"
#: Rooms and single modules from the top down, along the flow; `definitions` is the door of `orchestration`.
ROOMS = (
    *("errors", "texts", "settings", "interrupts", "dask_engine", "processes", "reference", "schema", "stores"),
    *("sources", "fingerprints", "reading", "entries", "memory", "tables", "warehouse", "build", "samples"),
    *("dashboard", "orchestration", "terminal"),
)
FILES = sorted(FOLDER.rglob("*.py"))


def imported(file: Path) -> Iterator[str]:
    """Full names of all modules that a file imports, also inside of functions."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{file}: imports have full names"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(file: Path) -> str:
    name = file.relative_to(FOLDER).parts[0].removesuffix(".py")
    return {"definitions": "orchestration", "__init__": ROOMS[0]}.get(name, name)


def test_every_room_has_its_place() -> None:
    assert {room(file) for file in FILES} == set(ROOMS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(FOLDER).as_posix())
def test_a_file_imports_from_its_room_and_from_those_above_alone(file: Path) -> None:
    allowed = {*ROOMS[: ROOMS.index(room(file)) + 1]} | ({"definitions"} if room(file) == "orchestration" else set())
    inside = {name.split(".")[1] for name in imported(file) if name.startswith("pipeline.")}
    assert inside - allowed == set()


def test_dagster_is_imported_in_one_room_and_by_its_public_names() -> None:
    users = {file: [name for name in imported(file) if name.partition(".")[0].startswith("dagster")] for file in FILES}
    assert {room(file) for file, names in users.items() if names} == {"orchestration"}
    assert not [name for names in users.values() for name in names if "._" in name]


@pytest.mark.parametrize(
    ("optional", "place"),
    [(("altair", "marimo", "vl_convert"), "dashboard"), (("dask", "distributed"), "dask_engine")],
    ids=["charts and the app", "Dask"],
)
def test_what_is_optional_is_in_one_room(optional: tuple[str, ...], place: str) -> None:
    users = {file for file in FILES for name in imported(file) if name.partition(".")[0] in optional}
    assert {room(file) for file in users} == {place}
