"""The only door to a snapshot for tables: select, validate, sort, write."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.schema import Table

#: Rows per Parquet row group, as DuckDB reads them best.
ROW_GROUP_SIZE = 122_880


def write_table(table: Table, rows: pl.LazyFrame, file: Path) -> int:
    """Write one table as Parquet, its columns as the schema says, sorted so that equal content gives equal bytes.

    Returns the number of rows. Raises `ValueError` when a column is missing or of another type, when a column that is
    never null holds a null, or when two rows have the same key.
    """
    frame = rows.select(table.column_names).sort(table.sorted_by, nulls_last=True).collect()
    validate(table, frame)
    frame.rechunk().write_parquet(file, compression="zstd", compression_level=3, row_group_size=ROW_GROUP_SIZE)
    return frame.height


def validate(table: Table, frame: pl.DataFrame) -> None:
    """Hold a frame against its table. Raises `ValueError` that names the table, the column and a row."""
    if frame.schema != table.polars_schema:
        differing = [name for name, dtype in table.polars_schema.items() if frame.schema.get(name) != dtype]
        raise ValueError(f"{table.name}: the columns {differing} are missing or of another type than the schema says")
    for name in table.required:
        if frame[name].null_count():
            raise ValueError(
                f"{table.name}.{name} is null in {frame.filter(pl.col(name).is_null()).row(0, named=True)}"
            )
    if table.key and (repeated := frame.select(table.key).is_duplicated()).any():
        raise ValueError(f"{table.name}: two rows have the same key {table.key}: {frame.filter(repeated).rows()[:2]}")
