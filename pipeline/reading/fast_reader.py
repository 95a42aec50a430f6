"""The fast reader: takes regular documents apart by columns, a whole shard at once, without an object per value.

It reads what matches `STRICT_SUBSET` and refuses everything else; `yaml_reader.py` reads the rest. Within the strict
subset, the meaning of a line follows from its indent, its key and the nearest line above it that is indented less, so
that NumPy finds for all lines of a shard at once which value they hold. The values are views into the bytes that were
read; only the few with a backslash are copied.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from functools import cache

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.reading.key_paths import KeyPaths
from pipeline.reading.strict_subset import STRICT_SUBSET
from pipeline.reading.words import PADDING, Numbers, Words, leading_blanks, words_of
from pipeline.schema.upstream import DOCUMENT, IS_MAPPING, LINE, UNKNOWN_KEYS, ListOf, Record, Scalar, Shape
from pipeline.settings import Limits

Views = NDArray[np.void]

_NEWLINE, _QUOTE, _DASH, _COLON = (ord(character) for character in '\n"-:')
#: Masks by the size of a text: of its first four bytes in a word, and of the eight behind them.
_FIRST_FOUR = np.array([(1 << 8 * size) - 1 for size in range(5)], dtype=np.uint64)
_NEXT_EIGHT = np.array([(1 << 8 * max(size - 4, 0)) - 1 for size in range(13)], dtype=np.uint64)
#: Documents that are taken apart together: about 8 MB, which a processor's cache holds better than a whole shard.
_BATCH = 2_000
#: An Arrow string view; as one value of 16 bytes, it is moved five times as fast as two numbers.
_VIEW = np.dtype("V16")
_VALUES_OF_A_LINE = 3
#: A string view holds texts of up to twelve bytes itself.
_INLINE_BYTES = 12


def read_strict_documents(contents: Sequence[bytes], limits: Limits) -> tuple[pl.DataFrame, Numbers]:
    """The documents in the strict subset as a nested frame (`upstream.raw_schema` without the columns that name the
    file), and for each row the number of its document in `contents`, ascending."""
    if limits.max_depth < _depth(DOCUMENT):
        contents = ()
    parts = [
        _read_batch(contents[at : at + _BATCH], at, limits.max_values) for at in range(0, max(len(contents), 1), _BATCH)
    ]
    return pl.concat([frame for frame, _ in parts]), np.concatenate([numbers for _, numbers in parts])


def _read_batch(contents: Sequence[bytes], start: int, max_values: int) -> tuple[pl.DataFrame, Numbers]:
    """The same for one batch, whose first document has the number `start`."""
    documents = _Documents(contents)
    is_strict = documents.strings().str.contains(STRICT_SUBSET).to_numpy(writable=True)
    for large in np.flatnonzero(documents.sizes > max_values).tolist():
        # PyYAML counts exactly; a line has a key and a value at most, and may start an item.
        is_strict[large] &= _VALUES_OF_A_LINE * documents.line_count(large) <= max_values
    numbers = np.flatnonzero(is_strict)
    lines = _Lines(documents.chosen(numbers))
    if (repeated := lines.documents_with_repeated_keys()).size:
        numbers = np.delete(numbers, repeated)
        lines = _Lines(documents.chosen(numbers))
    return lines.frame(), numbers + start


class _Documents:
    """UTF-8 texts of documents behind one another, a newline behind each, without byte-order marks and carriage
    returns at line ends. A document that is not UTF-8 is empty."""

    def __init__(self, contents: Sequence[bytes]) -> None:
        self._contents = contents
        self.text = b"\n".join([*contents, PADDING])
        if not _is_plain(self.text, contents):
            self._contents = [_plain(content) for content in contents]
            self.text = b"\n".join([*self._contents, PADDING])
        self.count = len(contents)
        self.sizes = np.fromiter(map(len, self._contents), np.int64, self.count)
        self.starts = np.cumsum(self.sizes + 1) - self.sizes - 1
        self.data = np.frombuffer(self.text, dtype=np.uint8)
        self.words = words_of(self.data)

    def line_count(self, number: int) -> int:
        """How many lines a document has."""
        return self._contents[number].count(b"\n")

    def chosen(self, numbers: Numbers) -> _Documents:
        """The documents with these numbers."""
        if len(numbers) == len(self._contents):
            return self
        return _Documents([self._contents[number] for number in numbers.tolist()])

    def strings(self) -> pl.Series:
        """Each document as a string, without a copy."""
        views = _string_views(self.words, self.starts, self.sizes, 0)
        array = _string_array(views, None, [self.text])
        series = pl.from_arrow(array)
        assert isinstance(series, pl.Series)
        return series


@cache
def _key_paths() -> KeyPaths:
    return KeyPaths(DOCUMENT)


def _depth(shape: Shape) -> int:
    """Nested mappings and lists of a document that has every key."""
    if isinstance(shape, Scalar):
        return 0
    return 1 + max(map(_depth, [shape.item] if isinstance(shape, ListOf) else shape.fields.values()))


# The lines of a shard -----------------------------------------------------------------------------------------------


class _Lines:
    """All lines of all documents, blank ones and dashes aside, and the path of each.

    Of one document whose front matter has six lines:

        line                   indent  path              row space   row
        title: A                    0  title             documents   0
        topics:                     0  topics            documents   0
          - x                       2  topics[]          topics      0     an item starts a row
        related:                    0  related           documents   0
          - title: B                4  related.title     related     0     an item starts a row
            type: video             4  related.type      related     0     of the last row above

    A path (`key_paths.py`) is a number for what a line may say. Its row space says whose rows its values belong to:
    those of a list, or the documents (space 0). `lines_of` gives the lines of each path, `rows` the row of each of
    these lines, `row_counts` the number of rows in a space, and `items_of` the lines that start them. To find the row
    of any line, `last_item` counts the items up to it, and `last_row_at_item` the rows of a space up to that item.
    """

    def __init__(self, documents: _Documents) -> None:
        self.key_paths = _key_paths()
        self.documents = documents
        data, words = documents.data, documents.words
        ends = np.flatnonzero(data == _NEWLINE)
        starts = np.empty_like(ends)
        starts[:1] = 0
        starts[1:] = ends[:-1] + 1
        self.first_lines = np.searchsorted(starts, documents.starts)
        document = np.repeat(np.arange(documents.count), np.diff(self.first_lines, append=len(ends)))
        # Every document starts and ends with dashes, and has no others at the start of a line.
        first = data[starts]
        self.numbers = np.flatnonzero((first != _NEWLINE) & (first != _DASH))
        self.document = document[self.numbers]
        self.ends, starts = ends[self.numbers], starts[self.numbers]

        indent = leading_blanks(words, starts)
        keys_at = starts + indent
        self.is_item = data[keys_at] == _DASH
        dash_and_blank = 2 * self.is_item.astype(np.int64)
        keys_at += dash_and_blank
        self.path = self._paths(indent + dash_and_blank, self.key_paths.key_numbers(words, keys_at))
        self.values_at = keys_at + self.key_paths.value_at[self.path]
        self.is_quoted = data[np.minimum(self.values_at, self.ends)] == _QUOTE
        # A stable sort of small numbers is a counting sort: the lines of each path, in their order.
        by_path = np.argsort(self.path, kind="stable")
        bounds = np.cumsum(np.bincount(self.path, minlength=len(self.key_paths.paths)))[:-1]
        self.lines_of = np.split(by_path, bounds)
        self._number_rows()

    def _paths(self, indent: Numbers, keys: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Path of each line: that of its key below the path of the nearest line above that is indented less."""
        # Such a line ends in a colon. Those are few, so that they are searched for among themselves, level by level.
        is_header = self.documents.data[self.ends - 1] == _COLON
        headers = np.flatnonzero(is_header)
        header_indent, header_keys = indent[headers], keys[headers]
        header_paths, outer = self.key_paths.children(np.zeros_like(header_keys), header_keys), np.zeros_like(headers)
        numbers = np.arange(len(headers))
        for level in range(2, int(header_indent.max(initial=0)) + 1, 2):
            here = np.flatnonzero(header_indent == level)
            outer[here] = np.maximum.accumulate(np.where(header_indent < level, numbers, 0))[here]
            header_paths[here] = self.key_paths.children(header_paths[outer[here]], header_keys[here])

        paths = self.key_paths.children(np.zeros_like(keys), keys)
        lines = np.flatnonzero(indent)
        indent = indent[lines]
        above = np.cumsum(is_header)[lines] - 1
        beside = np.flatnonzero(header_indent[above] >= indent)
        while beside.size:
            above[beside] = outer[above[beside]]
            beside = beside[header_indent[above[beside]] >= indent[beside]]
        paths[lines] = self.key_paths.children(header_paths[above], keys[lines])
        return paths

    def _number_rows(self) -> None:
        """Number the rows of each row space: a line belongs to the last row that starts at or above it."""
        items = np.flatnonzero(self.is_item)
        space_of_item = self.key_paths.rows_of[self.path[items]]
        self.last_item = np.cumsum(self.is_item) - 1
        self.row_counts = {0: self.documents.count}
        self.items_of: dict[int, Numbers] = {}
        self.last_row_at_item: dict[int, Numbers] = {}
        for space in self.key_paths.spaces:
            is_start = space_of_item == space
            self.items_of[space] = items[is_start]
            self.row_counts[space] = len(self.items_of[space])
            self.last_row_at_item[space] = np.cumsum(is_start) - 1
        self.rows = [
            self._rows(path.rows_of, lines) for path, lines in zip(self.key_paths.paths, self.lines_of, strict=True)
        ]

    def _rows(self, space: int, lines: Numbers) -> Numbers:
        """Row of a row space that each of some lines belongs to."""
        return self.last_row_at_item[space][self.last_item[lines]] if space else self.document[lines]

    def documents_with_repeated_keys(self) -> Numbers:
        """Documents in which a mapping has a key twice."""
        found = [np.empty(0, dtype=np.int64)]
        for path, lines, rows in zip(self.key_paths.paths, self.lines_of, self.rows, strict=True):
            if path.key:
                found.append(self.document[lines[1:][rows[1:] == rows[:-1]]])
        return np.unique(np.concatenate(found))

    # From lines to columns ------------------------------------------------------------------------------------------

    def frame(self) -> pl.DataFrame:
        """The nested frame of all documents."""
        self.views, self.unescaped = self._views()
        names, arrays = self._fields(DOCUMENT, 0)
        no_bodies = pa.nulls(self.documents.count, pa.string_view())
        frame = pl.from_arrow(pa.table([*arrays, no_bodies], [*names, "body"]))
        assert isinstance(frame, pl.DataFrame)
        return frame

    def _views(self) -> tuple[Views, bytes]:
        """An Arrow string view for each line and an empty one behind them, and the buffer of the values that had to be
        unescaped."""
        at, length = self.values_at + self.is_quoted, self.ends - self.values_at - 2 * self.is_quoted
        np.maximum(length, 0, out=length)
        views = np.zeros(len(at) + 1, dtype=_VIEW)
        views[:-1] = _string_views(self.documents.words, at, length, 0)
        text = self.documents.text
        lines = np.searchsorted(self.ends, np.array(_first_backslashes(text), dtype=np.int64))
        lines = lines[self.is_quoted[lines]]
        values = [
            _unescaped(text[start:end])
            for start, end in zip(at[lines].tolist(), (self.ends[lines] - 1).tolist(), strict=True)
        ]
        sizes = np.fromiter(map(len, values), np.int64, len(values))
        unescaped = b"".join([*values, PADDING])
        views[lines] = _string_views(
            words_of(np.frombuffer(unescaped, dtype=np.uint8)), np.cumsum(sizes) - sizes, sizes, 1
        )
        return views, unescaped

    def _fields(self, mapping: Record, number: int) -> tuple[list[str], list[pa.Array]]:
        """Names and columns of a mapping's fields; `number` is its path, or that of the list whose items they are."""
        path = self.key_paths.paths[number]
        space = number if isinstance(path.shape, ListOf) else path.rows_of
        names, arrays = list(mapping.fields), [self._array(path.children[key]) for key in mapping.fields]
        names.append(UNKNOWN_KEYS)
        arrays.append(pa.nulls(self.row_counts[space], pa.string_view()))
        if isinstance(path.shape, ListOf):
            names.append(IS_MAPPING)
            arrays.append(_bits(np.ones(self.row_counts[space], dtype=bool)))
        if mapping.has_line:
            items = self.items_of[space]
            line_in_file = self.numbers[items] - self.first_lines[self.document[items]] + 1
            names.append(LINE)
            arrays.append(_integers(line_in_file.astype(np.int32)))
        return names, arrays

    def _array(self, number: int) -> pa.Array:
        """The column of a path: one value for each row of its row space."""
        path = self.key_paths.paths[number]
        rows, row_count = self.rows[number], self.row_counts[path.rows_of]
        if isinstance(path.shape, Scalar):
            return self._texts(self.lines_of[number], rows, row_count)
        is_missing = np.ones(row_count, dtype=bool)
        is_missing[rows] = False
        if isinstance(path.shape, Record):
            names, arrays = self._fields(path.shape, number)
            return pa.StructArray.from_arrays(arrays, names, mask=_bits(is_missing))
        counts = np.bincount(self._rows(path.rows_of, self.items_of[number]), minlength=row_count)
        offsets = np.concatenate([[0], np.cumsum(counts)])
        if isinstance(path.shape.item, Scalar):
            values = self._array(path.children[""])
        else:
            names, arrays = self._fields(path.shape.item, number)
            values = pa.StructArray.from_arrays(arrays, names)
        return pa.LargeListArray.from_arrays(_integers(offsets), values, mask=_bits(is_missing))

    def _texts(self, lines: Numbers, rows: Numbers, row_count: int) -> pa.Array:
        if len(lines) == row_count:
            return _string_array(self.views[lines], None, [self.documents.text, self.unescaped])
        line_of_row = np.full(row_count, len(self.views) - 1)
        line_of_row[rows] = lines
        return _string_array(
            self.views[line_of_row], line_of_row < len(self.views) - 1, [self.documents.text, self.unescaped]
        )


# Bytes --------------------------------------------------------------------------------------------------------------


def _is_plain(text: bytes, contents: Sequence[bytes]) -> bool:
    """Whether all documents are as `_plain` leaves them."""
    if b"\r" in text:
        return False
    if text.isascii():
        return True
    if any(content.startswith(codecs.BOM_UTF8) for content in contents):
        return False
    offsets = pa.py_buffer(np.array([0, len(text)], dtype=np.int64))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(text)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _plain(content: bytes) -> bytes:
    """A document without byte-order mark and carriage returns at line ends; empty when it is not UTF-8."""
    if not content.isascii():
        try:
            content.decode()
        except UnicodeDecodeError:
            return b""
        content = content.removeprefix(codecs.BOM_UTF8)
    return content.replace(b"\r\n", b"\n") if b"\r" in content else content


def _string_views(words: Words, at: Numbers, sizes: Numbers, buffer: int) -> Views:
    """Arrow string views: size and first four bytes; then the next eight, or buffer and place."""
    views = np.empty((len(at), 2), dtype=np.uint64)
    views[:, 0] = (words[at] & _FIRST_FOUR.take(sizes, mode="clip")) << np.uint64(32) | sizes.view(np.uint64)
    inside = words[at + 4] & _NEXT_EIGHT.take(sizes, mode="clip")
    outside = at.view(np.uint64) << np.uint64(32) | np.uint64(buffer)
    views[:, 1] = np.where(sizes <= _INLINE_BYTES, inside, outside)
    return views.view(_VIEW).ravel()


# `pa.array` would look whether it was given something of pandas, and import it where it is installed.
def _bits(values: NDArray[np.bool_]) -> pa.Array:
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(np.packbits(values, bitorder="little"))])


def _integers(values: NDArray[np.int32] | NDArray[np.int64]) -> pa.Array:
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])


def _string_array(views: Views, is_given: NDArray[np.bool_] | None, buffers: Sequence[bytes]) -> pa.Array:
    validity = None if is_given is None else pa.py_buffer(np.packbits(is_given, bitorder="little"))
    parts = [validity, pa.py_buffer(views.view(np.uint8)), *map(pa.py_buffer, buffers)]
    return pa.Array.from_buffers(pa.string_view(), len(views), parts)


def _first_backslashes(text: bytes) -> list[int]:
    """Where the first backslash of each line is that has one. Few have: searching costs less than comparing."""
    places = []
    place = text.find(b"\\")
    while place >= 0:
        places.append(place)
        place = text.find(b"\\", text.find(b"\n", place))
    return places


def _unescaped(value: bytes) -> bytes:
    """A double-quoted value of the strict subset without its escapes. No document holds a NUL byte."""
    value = value.replace(b"\\\\", b"\0").replace(b'\\"', b'"')
    return value.replace(b"\\n", b"\n").replace(b"\\r", b"\r").replace(b"\\t", b"\t").replace(b"\0", b"\\")
