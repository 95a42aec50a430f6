"""The one entry to reading: bytes of documents in, one nested frame and the rejections out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.reading.rejections import Limits, Rejection
from pipeline.reading.yaml_reader import read_document
from pipeline.schema import raw_schema

_OF_THE_FILE = ("source_name", "path", "content_hash", "byte_count")


def read_documents(contents: Sequence[bytes], limits: Limits) -> tuple[pl.DataFrame, list[Rejection | None]]:
    """Nested frame of the readable documents, in order (`schema.raw_schema` without the columns that name the file),
    and for each input its rejection or None."""
    rows = []
    rejections: list[Rejection | None] = []
    for content in contents:
        try:
            rows.append(read_document(content, limits))
            rejections.append(None)
        except Rejection as rejection:
            rejections.append(rejection)
    schema = {name: dtype for name, dtype in raw_schema().items() if name not in _OF_THE_FILE}
    return pl.DataFrame(rows, schema=schema), rejections
