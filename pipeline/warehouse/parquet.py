"""The only door to a snapshot for tables: select, sort, write, validate."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from pipeline.schema.tables import Table

#: Rows per Parquet row group, as DuckDB reads them best.
ROW_GROUP_SIZE = 122_880
#: What is sorted in memory at a time; a larger table is sorted in runs of this size, which are merged.
RUN_BYTES = 100_000_000
#: Rows per row group of a run: so much more than it needs is read for each piece of the merged table.
_RUN_ROW_GROUP_SIZE = 8_192


def write_table(table: Table, parts: Sequence[pl.LazyFrame], file: Path) -> int:
    """Write one table as Parquet, its columns as the schema says, sorted so that equal content gives equal bytes.

    Memory stays bounded whatever the size of the table: it is sorted in runs, on disk where there are several, which
    are merged. The file says in its metadata what it is (`description`) and what its columns mean (`columns`, JSON by
    name). Returns the number of rows. Raises `ValueError` as `validate` does.
    """
    for part in parts:
        _validate_columns(table, part.collect_schema())
    runs_folder = file.with_suffix(".runs")
    runs_folder.mkdir()

    def rows(*_: object) -> Iterator[pl.DataFrame]:
        return _sorted(table, parts, runs_folder)

    try:
        # The row groups do not depend on the pieces that the rows come in, so the bytes do not either.
        register_io_source(rows, schema=table.polars_schema).sink_parquet(
            file,
            compression="zstd",
            compression_level=3,
            row_group_size=ROW_GROUP_SIZE,
            metadata={
                "description": table.grain,
                "columns": json.dumps({name: table.describe(name) for name in table.column_names}),
            },
        )
    finally:
        shutil.rmtree(runs_folder)
    return validate(table, pl.scan_parquet(file, glob=False))


def _sorted(table: Table, parts: Sequence[pl.LazyFrame], folder: Path) -> Iterator[pl.DataFrame]:
    """The rows of all parts in the order of the table, piece by piece."""
    runs: list[Path] = []
    pending = [table.polars_schema.to_frame()]

    def store_pending() -> None:
        runs.append(folder / f"{len(runs)}.parquet")
        _in_order(table, pl.concat(pending)).write_parquet(
            runs[-1], compression="lz4", row_group_size=_RUN_ROW_GROUP_SIZE
        )
        del pending[1:]

    for part in parts:
        for rows in part.select(table.column_names).collect_batches(maintain_order=False):
            pending.append(rows)
            if sum(frame.estimated_size() for frame in pending) > RUN_BYTES:
                store_pending()
    if not runs:
        yield _in_order(table, pl.concat(pending))
        return
    store_pending()
    yield from _merged(table, runs)


def _merged(table: Table, runs: list[Path]) -> Iterator[pl.DataFrame]:
    """The rows of sorted runs in their common order: about as many pieces as runs, each a range of the first sort
    column, and one of those that have no value there."""
    rows, value = pl.scan_parquet(runs, glob=False), pl.col(table.sorted_by[0])
    values = rows.select(value).collect().to_series().drop_nulls().sort()
    bounds = (
        sorted({values[number * len(values) // len(runs)] for number in range(1, len(runs))}) if len(values) else []
    )
    del values
    from_bound = [value.is_not_null(), *(value >= bound for bound in bounds)]
    below_next = [*(value < bound for bound in bounds), value.is_not_null()]
    for low, high in zip(from_bound, below_next, strict=True):
        yield _in_order(table, rows.filter(low & high).collect())
    yield _in_order(table, rows.filter(value.is_null()).collect())


def _in_order(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(table.sorted_by, nulls_last=True)


def validate(table: Table, rows: pl.LazyFrame) -> int:
    """Hold rows against their table and count them.

    Raises `ValueError` that names the table, the column and a row when a column is missing or of another type, when a
    column that is never null holds a null, or when two rows have the same key.
    """
    _validate_columns(table, rows.collect_schema())
    counts = rows.select(pl.len().alias(""), *(pl.col(name).null_count() for name in table.required)).collect()
    row_count, *null_counts = counts.row(0)
    for name, null_count in zip(table.required, null_counts, strict=True):
        if null_count:
            example = rows.filter(pl.col(name).is_null()).head(1).collect().row(0, named=True)
            raise ValueError(f"{table.name}.{name} is null in {null_count} rows, for example {example}")
    if table.key and _may_repeat(rows.select(table.key)):
        repeated = rows.group_by(table.key).len("rows").filter(pl.col("rows") > 1).head(1).collect(engine="streaming")
        if repeated.height:
            raise ValueError(f"{table.name}: several rows have the same key: {repeated.row(0, named=True)}")
    return int(row_count)


def _may_repeat(keys: pl.LazyFrame) -> bool:
    """Whether two keys have the same hash. Hashes of all keys are small, keys with texts are not."""
    hashes = keys.select(pl.struct(pl.all()).hash()).collect(engine="streaming").to_series()
    return hashes.n_unique() < len(hashes)


def _validate_columns(table: Table, schema: pl.Schema) -> None:
    misfits = [
        f"{name} is {schema[name]}, not {dtype}" if name in schema else f"{name} is missing"
        for name, dtype in table.polars_schema.items()
        if schema.get(name) != dtype
    ]
    if misfits:
        raise ValueError(f"{table.name}: its function gives other columns than the schema says: {', '.join(misfits)}")
