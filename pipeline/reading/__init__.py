"""The one entry to reading: bytes of documents in, one nested frame and the rejections out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from pipeline.reading.fast_reader import recognize
from pipeline.reading.rejections import Rejection
from pipeline.reading.yaml_reader import read_document
from pipeline.schema.upstream import raw_schema
from pipeline.settings import Limits

_OF_THE_FILE = ("source_name", "path", "content_hash", "byte_count")


class Reading(NamedTuple):
    """What came of some documents: a row for each that is readable (`schema.raw_schema` without the columns that name
    the file), the number of the document that each row is of, and the rejections of the others by their numbers.

    Rows come in the order of their documents, but for those that PyYAML read, which are last: nested rows are dear to
    move.
    """

    frame: pl.DataFrame
    numbers: list[int]
    rejections: dict[int, Rejection]


def read_documents(contents: Sequence[bytes], limits: Limits) -> Reading:
    """Read documents. The recognizer takes what it can, PyYAML reads the rest; both give the same."""
    recognized, recognized_numbers = recognize(contents, limits)
    numbers = recognized_numbers.tolist()
    rows: list[dict[str, object]] = []
    rejections: dict[int, Rejection] = {}
    for number in sorted(set(range(len(contents))).difference(numbers)):
        try:
            rows.append(read_document(contents[number], limits))
            numbers.append(number)
        except Rejection as rejection:
            rejections[number] = rejection
    if not rows:
        return Reading(recognized, numbers, rejections)
    schema = {name: dtype for name, dtype in raw_schema().items() if name not in _OF_THE_FILE}
    return Reading(pl.concat([recognized, pl.DataFrame(rows, schema=schema)]), numbers, rejections)
