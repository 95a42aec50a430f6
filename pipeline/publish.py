"""The only door to a snapshot for tables: select, sort, write, validate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl

from pipeline.database import literal
from pipeline.schema import Table

#: Rows per Parquet row group, as DuckDB reads them best.
ROW_GROUP_SIZE = 122_880
#: What sorting may hold in memory before it goes to disk.
_SORT_MEMORY = "500MB"


def write_table(table: Table, parts: Sequence[pl.LazyFrame], file: Path) -> int:
    """Write one table as Parquet, its columns as the schema says, sorted so that equal content gives equal bytes.

    The parts are streamed to files unsorted, and DuckDB sorts them, on disk where it must: memory stays bounded
    whatever the size of the table. Returns the number of rows. Raises `ValueError` as `validate` does.
    """
    unsorted = [file.with_suffix(f".unsorted{number}") for number in range(len(parts))]
    for part, target in zip(parts, unsorted, strict=True):
        part.select(table.column_names).sink_parquet(target, compression="lz4", maintain_order=False)
    rows = ", ".join(literal(str(target)) for target in unsorted)
    order = ", ".join(f'"{name}" nulls last' for name in table.sorted_by)
    try:
        with duckdb.connect(config={"memory_limit": _SORT_MEMORY, "temp_directory": str(file.parent)}) as connection:
            connection.execute(
                f"copy (select * from read_parquet([{rows}]) order by {order}) to {literal(str(file))} "
                f"(format parquet, compression zstd, compression_level 3, row_group_size {ROW_GROUP_SIZE})"
            )
    finally:
        for target in unsorted:
            target.unlink()
    return validate(table, pl.scan_parquet(file))


def validate(table: Table, rows: pl.LazyFrame) -> int:
    """Hold rows against their table and count them.

    Raises `ValueError` that names the table, the column and a row when a column is missing or of another type, when a
    column that is never null holds a null, or when two rows have the same key.
    """
    schema = rows.collect_schema()
    if schema != table.polars_schema:
        differing = [name for name, dtype in table.polars_schema.items() if schema.get(name) != dtype]
        raise ValueError(f"{table.name}: the columns {differing} are missing or of another type than the schema says")
    counts = rows.select(pl.len().alias(""), *(pl.col(name).null_count() for name in table.required)).collect()
    row_count, *null_counts = counts.row(0)
    for name, null_count in zip(table.required, null_counts, strict=True):
        if null_count:
            example = rows.filter(pl.col(name).is_null()).head(1).collect().row(0, named=True)
            raise ValueError(f"{table.name}.{name} is null in {null_count} rows, for example {example}")
    if table.key:
        repeated = rows.group_by(table.key).len("rows").filter(pl.col("rows") > 1).head(1).collect(engine="streaming")
        if repeated.height:
            raise ValueError(f"{table.name}: several rows have the same key: {repeated.row(0, named=True)}")
    return int(row_count)
