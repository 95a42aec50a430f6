"""Keys of the warehouse: 64-bit integers from natural keys.

`xxh3_64(utf-8 of "kind|natural key") >> 1`, so that they fit a signed integer. Never an engine's own hash: those change
between versions. Uniqueness is asserted in every build.
"""

from __future__ import annotations

import polars as pl
import polars_hash


def key(kind: str, natural_key: pl.Expr) -> pl.Expr:
    """Int64 key of a text expression; null stays null."""
    text = pl.concat_str(pl.lit(f"{kind}|"), natural_key)
    return (polars_hash.concat_str(text).nchash.xxh3_64() // 2).cast(pl.Int64)
