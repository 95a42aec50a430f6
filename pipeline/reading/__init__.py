"""Reading documents: bytes in, one nested frame of text and the rejections out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from pipeline.reading.fast_reader import read_strict_documents
from pipeline.reading.rejections import Rejection
from pipeline.reading.yaml_reader import read_document
from pipeline.schema.upstream import raw_schema
from pipeline.settings import Limits

_OF_THE_FILE = ("source_name", "path", "content_hash", "byte_count")


class Reading(NamedTuple):
    """What was read from some documents: `frame` has a row for each that could be read (`upstream.raw_schema` without
    the columns that name the file), `numbers` the number of the document of each row, and `rejections` the others.

    Rows are in the order of their documents, except that those that PyYAML read come last: moving nested rows is
    expensive.
    """

    frame: pl.DataFrame
    numbers: list[int]
    rejections: dict[int, Rejection]


def read_documents(contents: Sequence[bytes], limits: Limits) -> Reading:
    """Read documents: the fast reader takes those it can, PyYAML the rest. Both would give the same rows."""
    frame, frame_numbers = read_strict_documents(contents, limits)
    numbers = frame_numbers.tolist()
    rows: list[dict[str, object]] = []
    rejections: dict[int, Rejection] = {}
    for number in sorted(set(range(len(contents))).difference(numbers)):
        try:
            rows.append(read_document(contents[number], limits))
            numbers.append(number)
        except Rejection as rejection:
            rejections[number] = rejection
    if not rows:
        return Reading(frame, numbers, rejections)
    schema = {name: dtype for name, dtype in raw_schema().items() if name not in _OF_THE_FILE}
    return Reading(pl.concat([frame, pl.DataFrame(rows, schema=schema)]), numbers, rejections)
