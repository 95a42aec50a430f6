"""Small reviewed data files that users may edit, and the functions that read them.

They are read as text tables once per process. A build's fingerprint covers their bytes, so an edit rebuilds what it
touches.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

FOLDER = Path(__file__).parent


def _read(name: str, columns: tuple[str, ...]) -> pl.DataFrame:
    file = FOLDER / name
    frame = pl.read_csv(file, infer_schema=False, glob=False)
    if tuple(frame.columns) != columns:
        raise ValueError(f"{file}: the first line must be {','.join(columns)}")
    return frame


@cache
def tracking_keys() -> pl.DataFrame:
    """One row per query key that does not identify an article: `key` (a trailing `*` stands for any ending) and
    `set_by`."""
    return _read("tracking_keys.csv", ("key", "set_by"))


@cache
def platforms() -> pl.DataFrame:
    """One row per platform, which carries the work of many publishers; its sub-domains belong to it.

    `domain`; `name`, as people read it; `author_pattern`, a regular expression whose first group is the publisher in
    the provider's name (null, or no match: the whole name is the publisher); `brand_pattern`, which names mean the
    platform itself; `note`.
    """
    return _read("platforms.csv", ("domain", "name", "author_pattern", "brand_pattern", "note"))


@cache
def clock_offsets() -> pl.DataFrame:
    """One row per provider and period whose written times are `offset_hours` ahead of UTC; empty unless users fill it.

    `domain`, `from_date` and `to_date` (UTC days, both included; null = open), `offset_hours`, `note`. Times are
    corrected by subtracting the offset.
    """
    return _read("clock_offsets.csv", ("domain", "from_date", "to_date", "offset_hours", "note")).with_columns(
        pl.col("from_date", "to_date").str.to_date("%Y-%m-%d"), pl.col("offset_hours").cast(pl.Float64)
    )
