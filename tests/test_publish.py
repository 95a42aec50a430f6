"""How a table is written: in its order, whatever order and pieces its rows come in, and in bounded memory."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipeline import publish
from pipeline.publish import write_table
from pipeline.schema import TABLES

_STORIES = TABLES["stories"]
_ROW_COUNT = 5_000


@pytest.fixture(scope="module")
def stories() -> pl.DataFrame:
    """Stories in a random order: many at the same time, some without a time."""
    numbers = random.Random(7)
    times = [datetime(2024, 1, 1) + timedelta(hours=number) for number in range(200)]
    columns = {
        name: list(range(_ROW_COUNT))
        if dtype.is_integer()
        else [None if name in _STORIES.nullable else "x"] * _ROW_COUNT
        for name, dtype in _STORIES.polars_schema.items()
    }
    for name in ("lead_published_at", "first_published_at", "last_published_at"):
        columns[name] = [numbers.choice([*times, None, None]) for _ in range(_ROW_COUNT)]
    return pl.DataFrame(columns, schema=_STORIES.polars_schema).sample(fraction=1, shuffle=True, seed=1)


@pytest.fixture
def small_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "RUN_BYTES", 20_000)


def _written(parts: list[pl.DataFrame], file: Path) -> bytes:
    assert write_table(_STORIES, [part.lazy() for part in parts], file) == sum(part.height for part in parts)
    assert [item.name for item in file.parent.iterdir()] == [file.name]
    return file.read_bytes()


def test_rows_are_sorted(stories: pl.DataFrame, tmp_path: Path) -> None:
    _written([stories], tmp_path / "stories.parquet")
    rows = pl.read_parquet(tmp_path / "stories.parquet")
    assert rows.equals(stories.sort("lead_published_at", "story_id", nulls_last=True))


@pytest.mark.parametrize("part_count", [1, 2, 40])
def test_runs_give_the_bytes_of_one_sort(
    stories: pl.DataFrame, part_count: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "runs").mkdir()
    whole = _written([stories], tmp_path / "whole" / "stories.parquet")
    request.getfixturevalue("small_runs")
    size = -(-_ROW_COUNT // part_count)
    parts = [stories[start : start + size] for start in range(0, _ROW_COUNT, size)][::-1]
    assert _written(parts, tmp_path / "runs" / "stories.parquet") == whole


@pytest.mark.usefixtures("small_runs")
@pytest.mark.parametrize("time", [datetime(2024, 1, 1), None])
def test_runs_of_one_time_are_merged(stories: pl.DataFrame, time: datetime | None, tmp_path: Path) -> None:
    parts = [stories.with_columns(lead_published_at=pl.lit(time, dtype=pl.Datetime("us")))]
    _written(parts, tmp_path / "stories.parquet")
    assert pl.read_parquet(tmp_path / "stories.parquet")["story_id"].to_list() == list(range(_ROW_COUNT))


def test_a_table_without_rows_is_written(tmp_path: Path) -> None:
    _written([_STORIES.polars_schema.to_frame()], tmp_path / "stories.parquet")
    assert pl.read_parquet(tmp_path / "stories.parquet").equals(_STORIES.polars_schema.to_frame())


@pytest.mark.usefixtures("small_runs")
def test_an_error_in_a_part_leaves_no_runs(stories: pl.DataFrame, tmp_path: Path) -> None:
    parts = [stories.lazy(), pl.scan_parquet(tmp_path / "missing.parquet")]
    with pytest.raises(FileNotFoundError):
        write_table(_STORIES, parts, tmp_path / "stories.parquet")
    assert not list(tmp_path.glob("*.runs"))
