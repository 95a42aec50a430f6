"""The code of the recipes, run as it stands there, from the folder in which a warehouse lies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_httpfs
import pandas as pd
import pytest

from pipeline.settings import PROJECT_FOLDER, Retention
from pipeline.warehouse.mirror import mirror
from pipeline.warehouse.snapshots import Snapshot
from tests.helpers.object_store import Endpoint

FOLDER = PROJECT_FOLDER / "docs" / "recipes"
PAGES = {file.stem: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.md")}


@pytest.fixture
def place(seed_snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "warehouse").symlink_to(seed_snapshot.folder.parents[1])
    monkeypatch.chdir(tmp_path)


def code(page: str, language: str) -> str:
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", PAGES[page], re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize(
    ("page", "values"),
    [
        ("README", ["snapshot"]),
        ("pandas", ["by_provider", "share", "lags", "published"]),
        ("polars", ["by_provider", "first", "published"]),
        ("jupyter", ["frame"]),
    ],
)
@pytest.mark.usefixtures("place")
def test_python_gives_what_the_page_says(page: str, values: list[str], seed_snapshot: Snapshot) -> None:
    found: dict[str, object] = {}
    exec(compile(code(page, "python"), f"{page}.md", "exec"), found)
    assert all(len(found[name]) > 0 for name in values if name != "snapshot")  # type: ignore[arg-type]
    if "snapshot" in found:
        assert found["snapshot"] == seed_snapshot.folder.resolve()
    if isinstance(connection := found.get("connection"), duckdb.DuckDBPyConnection):
        connection.close()


@pytest.mark.usefixtures("place")
def test_pandas_keeps_keys_exact() -> None:
    found: dict[str, object] = {}
    exec(compile(code("pandas", "python"), "pandas.md", "exec"), found)
    for name in ("articles", "lags"):
        kinds = found[name].dtypes  # type: ignore[attr-defined]
        assert {str(kind) for column, kind in kinds.items() if column.endswith("_id")} == {"int64[pyarrow]"}


@pytest.mark.parametrize("page", ["README", "duckdb"])
@pytest.mark.usefixtures("place")
def test_sql_answers(page: str) -> None:
    database = ":memory:" if page == "README" else "warehouse/warehouse.duckdb"
    with duckdb.connect(database, read_only=page != "README") as connection:
        statements = connection.extract_statements(code(page, "sql"))
        answers = [connection.execute(statement).fetchall() for statement in statements]
    assert all(answers[-1:] if page == "README" else answers)


def test_a_mirror_is_read_as_the_page_says(
    endpoint: Endpoint, seed_snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # DuckDB installs extensions there.
    [extension] = Path(duckdb_extension_httpfs.__file__).parent.rglob("*.duckdb_extension")
    duckdb.execute(f"install '{extension}'")
    mirror(seed_snapshot, f"{endpoint.bucket}/coverage", Retention())
    found: dict[str, Any] = {}
    for language, text in re.findall(r"^```(python|sql)\n(.*?)^```$", PAGES["stores"], re.MULTILINE | re.DOTALL):
        block = text.replace("s3://bucket", endpoint.bucket)
        if language == "python":
            exec(compile(block, "stores.md", "exec"), found)
        else:
            found["answer"] = found["connection"].execute(block).fetchall()
    connection = found.pop("connection")
    connection.close()
    assert found["by_provider"]["len"].sum() == found["articles"].collect().height > 1
    share = pd.read_parquet(seed_snapshot.folder / "views" / "share_of_voice.parquet", dtype_backend="pyarrow")
    pd.testing.assert_frame_equal(found["share"], share)
    assert len(found["answer"]) == 5 and len(found["first"]) == len(share)


def test_every_page_is_in_the_index_and_says_what_was_tried() -> None:
    listed = set(re.findall(r"\]\((\w+)\.md\)", PAGES["README"]))
    assert listed == set(PAGES) - {"README"}
    for name in listed:
        assert re.search(r"^(\*\*)?(Tried|Run by the tests|Not tried)|^## Tried", PAGES[name], re.MULTILINE), name


def test_every_link_between_pages_leads_somewhere() -> None:
    for text in PAGES.values():
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (FOLDER / target).exists(), target
