"""Broadsheet: news documents in, a warehouse that answers questions of coverage out.

sources    where documents come from: bytes, paths, times
reading    bytes -> one nested row of text per document, or a rejected document with a reason
entries    text -> typed frames, shard by shard; fragments keeps them between builds
tables     one function per table
build      runs the steps; publish and warehouse write the snapshot, database the DuckDB file
queries    the files of sql/: macros, marts, views, checks, examples
"""
