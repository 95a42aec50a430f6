"""The one entry to reading: bytes of documents in, one nested frame and the rejections out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.reading.recognizer import recognize
from pipeline.reading.rejections import Limits, Rejection
from pipeline.reading.yaml_reader import read_document
from pipeline.schema import raw_schema

_OF_THE_FILE = ("source_name", "path", "content_hash", "byte_count")


def read_documents(contents: Sequence[bytes], limits: Limits) -> tuple[pl.DataFrame, list[Rejection | None]]:
    """Nested frame of the readable documents, in order (`schema.raw_schema` without the columns that name the file),
    and for each input its rejection or None.

    The recognizer takes what it can, PyYAML reads the rest; both give the same.
    """
    recognized, numbers = recognize(contents, limits)
    order = numbers.tolist()
    refused = sorted(set(range(len(contents))) - set(order))
    if not refused:
        return recognized, [None] * len(contents)
    rows = []
    rejections: list[Rejection | None] = [None] * len(contents)
    for number in refused:
        try:
            rows.append(read_document(contents[number], limits))
            order.append(number)
        except Rejection as rejection:
            rejections[number] = rejection
    schema = {name: dtype for name, dtype in raw_schema().items() if name not in _OF_THE_FILE}
    frame = pl.concat([recognized, pl.DataFrame(rows, schema=schema)])
    return frame[pl.Series(order, dtype=pl.UInt32).arg_sort()], rejections
