"""Broadsheet: news documents in, a warehouse that answers questions of coverage out.

The flow, top to bottom; nothing imports from a line below its own:

sources        where documents come from: bytes, paths, times; nothing interpreted
reading        bytes -> one nested row of text per document, or a rejected document with a reason
entries        text -> typed frames, shard by shard, kept between builds
tables         one function per table
warehouse      what readers see: Parquet, the DuckDB file of the queries in sql/, checks, the flip
build          the flow in verbs
orchestration  all that knows Dagster
terminal       all that prints

Beside it: schema (what documents say, every column, every table), settings, errors, fingerprints, processes (and
dask_engine: the same on other machines), reference (small reviewed data files that users may edit) and samples (made-up
corpora with known answers).
"""
