"""What readers see: Parquet, the DuckDB file, checks, and the flip of the snapshot."""
