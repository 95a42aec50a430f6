"""The door to a snapshot: tables are in their order, whatever pieces their rows come in, and what does not fit stops
the build and says what and where."""

from __future__ import annotations

import json
import random
import re
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipeline.schema.tables import TABLES, Table
from pipeline.warehouse import parquet
from pipeline.warehouse.parquet import validate, write_table

_STORIES = TABLES["stories"]
_TOPICS = TABLES["topics"]
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
    for name, dtype in _STORIES.polars_schema.items():
        if dtype.is_temporal():
            columns[name] = [numbers.choice([*times, None, None]) for _ in range(_ROW_COUNT)]
    return pl.DataFrame(columns, schema=_STORIES.polars_schema).sample(fraction=1, shuffle=True, seed=1)


@pytest.fixture
def small_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "RUN_BYTES", 20_000)


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


def test_a_file_says_what_it_is_and_what_its_columns_mean(tmp_path: Path) -> None:
    _written([_STORIES.polars_schema.to_frame()], tmp_path / "stories.parquet")
    metadata = pl.read_parquet_metadata(tmp_path / "stories.parquet")
    assert metadata["description"] == _STORIES.grain
    assert json.loads(metadata["columns"]) == {name: _STORIES.describe(name) for name in _STORIES.column_names}


@pytest.mark.usefixtures("small_runs")
def test_an_error_in_a_part_leaves_no_runs(stories: pl.DataFrame, tmp_path: Path) -> None:
    parts = [stories.lazy(), pl.scan_parquet(tmp_path / "missing.parquet")]
    with pytest.raises(FileNotFoundError):
        write_table(_STORIES, parts, tmp_path / "stories.parquet")
    assert not list(tmp_path.glob("*.runs"))


def _topics(*changes: dict[str, object]) -> pl.LazyFrame:
    """Topics with a row per dictionary: what it does not hold is numbered."""
    values = [
        {name: number if dtype.is_integer() else f"{name} {number}" for name, dtype in _TOPICS.polars_schema.items()}
        | row
        for number, row in enumerate(changes)
    ]
    return pl.LazyFrame(values, schema=_TOPICS.polars_schema)


def test_what_fits_is_counted() -> None:
    assert validate(_TOPICS, _topics({}, {}, {})) == 3
    assert validate(_TOPICS, _topics()) == 0


@pytest.mark.parametrize(
    ("misfit", "told"),
    [
        (_topics({}).drop("name"), "name is missing"),
        (_topics({}).with_columns(pl.col("name").cast(pl.Categorical)), "name is Categorical, not String"),
        (_topics({}).rename({"name": "x"}), "name is missing"),
    ],
    ids=["missing", "another type", "another name"],
)
def test_a_column_that_is_missing_or_of_another_type_is_named(misfit: pl.LazyFrame, told: str) -> None:
    with pytest.raises(ValueError, match=f"^topics: its function gives other columns than the schema says: {told}$"):
        validate(_TOPICS, misfit)


def test_a_null_where_there_is_never_one_is_shown_with_its_row() -> None:
    assert "name" in _TOPICS.required
    with pytest.raises(ValueError, match=r"^topics\.name is null in 1 rows, for example \{.*'topic_id': 1"):
        validate(_TOPICS, _topics({}, {"name": None}))


def test_a_null_where_the_schema_allows_it_is_none_of_our_business() -> None:
    nullable = Table("topics", "", _TOPICS.key, _TOPICS.key, _TOPICS.column_names, nullable=frozenset({"name"}))
    assert validate(nullable, _topics({"name": None})) == 1


def test_a_repeated_key_is_shown() -> None:
    with pytest.raises(
        ValueError, match=re.escape("topics: several rows have the same key: {'topic_id': 7, 'rows': 2}")
    ):
        validate(_TOPICS, _topics({"topic_id": 7}, {}, {"topic_id": 7}))


def test_the_order_of_rows_columns_and_parts_makes_no_difference(tmp_path: Path) -> None:
    frame = _topics(*({"name": name} for name in "dbac"))
    whole, parts = tmp_path / "whole.parquet", tmp_path / "parts.parquet"
    assert write_table(_TOPICS, [frame], whole) == 4
    shuffled = [frame.reverse().head(3).select(reversed(_TOPICS.column_names)), frame.head(1)]
    assert write_table(_TOPICS, shuffled, parts) == 4
    assert whole.read_bytes() == parts.read_bytes()
    assert pl.read_parquet(whole).equals(frame.collect().sort(_TOPICS.sorted_by))
    assert sorted(tmp_path.iterdir()) == [parts, whole]


def test_what_does_not_fit_stops_the_writing_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="same key"):
        write_table(_TOPICS, [_topics({"topic_id": 7}), _topics({"topic_id": 7})], tmp_path / "topics.parquet")
    assert {file.name for file in tmp_path.iterdir()} <= {"topics.parquet"}


def test_a_part_without_a_column_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^topics: .*: name is missing$"):
        write_table(_TOPICS, [_topics({}), _topics({}).drop("name")], tmp_path / "topics.parquet")
    assert not list(tmp_path.iterdir())
