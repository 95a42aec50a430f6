"""Readers have other versions of DuckDB than the build: each view, mart and macro of a published file answers there.

`make other-duckdb` installs them below `.venv-duckdb/` and runs this; without them it skips.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.settings import PROJECT_FOLDER
from pipeline.warehouse.database import OLDEST_DUCKDB, read_only
from pipeline.warehouse.snapshots import Snapshot
from pipeline.warehouse.sql_files import all_queries

FOLDER = PROJECT_FOLDER / ".venv-duckdb"
VERSIONS = sorted(folder.name for folder in FOLDER.glob("*"))
ASK = """
import json, sys
import duckdb

connection = duckdb.connect(sys.argv[1], read_only=True)
connection.execute("set enable_progress_bar = false")
found = {}
for name, query in json.load(sys.stdin):
    try:
        found[name] = len(connection.execute(query).fetchall())
    except duckdb.Error as error:
        found[name] = str(error)
print(json.dumps({"version": duckdb.__version__, "found": found}))
"""


def answers(database: Path, folder: Path, queries: list[tuple[str, str]]) -> dict[str, object]:
    """What the DuckDB of this folder says: its version, and of each query the number of rows or an error."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(database)],
        input=json.dumps(queries),
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(folder)},
    )
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.mark.skipif(not VERSIONS, reason="no other DuckDB is installed; make other-duckdb does that")
@pytest.mark.parametrize("version", VERSIONS)
def test_every_view_mart_and_macro_answers_in_other_versions(version: str, seed_snapshot: Snapshot) -> None:
    queries = [
        (query.name, f"select * from {query.name}")
        for query in all_queries().values()
        if query.kind in ("views", "marts")
    ]
    # All examples of macros name their arguments, where there are several.
    queries += [(query.name, query.text("example")) for query in all_queries().values() if query.kind == "macros"]
    with read_only(seed_snapshot.database) as connection:
        expected = {name: len(connection.execute(query).fetchall()) for name, query in queries}
    found = answers(seed_snapshot.database, FOLDER / version, queries)
    assert version in (found["version"], "newest")
    assert found["found"] == expected


@pytest.mark.skipif(not VERSIONS, reason="no other DuckDB is installed; make other-duckdb does that")
def test_the_oldest_version_tried_is_the_one_that_is_stated() -> None:
    oldest = min(tuple(map(int, name.split("."))) for name in VERSIONS if name != "newest")
    assert ".".join(map(str, oldest[:2])) == OLDEST_DUCKDB


def test_the_file_and_the_readme_say_which_duckdb_they_need(seed_snapshot: Snapshot) -> None:
    with read_only(seed_snapshot.database) as connection:
        said = connection.sql("select comment from duckdb_tables() where table_name = 'metrics'").fetchall()
    assert f"DuckDB {OLDEST_DUCKDB} or newer" in said[0][0]
    assert f"DuckDB {OLDEST_DUCKDB} or newer" in " ".join((PROJECT_FOLDER / "README.md").read_text("utf-8").split())
