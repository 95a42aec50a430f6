"""The fast reader: takes regular documents apart by columns, a whole shard at once, without an object per value.

It reads what matches `gate.GATE` and refuses everything else; `yaml_reader.py` reads the rest. Within the gate, the
meaning of a line follows from its indent, its key and the line above it that is indented less, so that NumPy finds for
all lines of a shard at once which value they hold. The values are views into the bytes that were read; only the few
with a backslash are copied.
"""

from __future__ import annotations

import codecs
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.reading.strict_subset import GATE
from pipeline.schema.upstream import DOCUMENT, LINE, UNKNOWN_KEYS, ListOf, Record, Scalar, Shape
from pipeline.settings import Limits

Numbers = NDArray[np.int64]
Words = NDArray[np.uint64]
Views = NDArray[np.void]

_NEWLINE, _QUOTE, _DASH, _COLON = (ord(character) for character in '\n"-:')
#: Views and keys are read in words of eight bytes, also behind the last line.
_PADDING = bytes(32)
_BLANKS = np.uint64(int.from_bytes(b"        ", "little"))
_COLONS = np.uint64(int.from_bytes(b"::::::::", "little"))
_LOW_BITS = np.uint64(0x0101010101010101)
_HIGH_BITS = np.uint64(0x8080808080808080)
#: Masks by the size of a text: of its first four bytes in a word, and of the eight behind them.
_FIRST_FOUR = np.array([(1 << 8 * size) - 1 for size in range(5)], dtype=np.uint64)
_NEXT_EIGHT = np.array([(1 << 8 * max(size - 4, 0)) - 1 for size in range(13)], dtype=np.uint64)
#: Documents that are taken apart together: about 8 MB, which a processor's cache holds better than a whole shard.
_BATCH = 2_000
#: An Arrow string view; as one value of 16 bytes, it is moved five times as fast as two numbers.
_VIEW = np.dtype("V16")
#: A string view holds texts of up to twelve bytes itself.
_INLINE_BYTES = 12


def recognize(contents: Sequence[bytes], limits: Limits) -> tuple[pl.DataFrame, Numbers]:
    """Nested frame of the documents in the strict subset (`schema.raw_schema` without the columns that name the file),
    and for each row the number of its document in `contents`, ascending."""
    if limits.max_depth < _depth(DOCUMENT):
        contents = ()
    parts = [_recognized(contents[at : at + _BATCH], at) for at in range(0, max(len(contents), 1), _BATCH)]
    return pl.concat([frame for frame, _ in parts]), np.concatenate([numbers for _, numbers in parts])


def _recognized(contents: Sequence[bytes], start: int) -> tuple[pl.DataFrame, Numbers]:
    """The same for one batch, whose first document has the number `start`."""
    documents = _Documents(contents)
    numbers = np.flatnonzero(documents.strings().str.contains(GATE).to_numpy())
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
        self.text = b"\n".join([*contents, _PADDING])
        if not _is_plain(self.text, contents):
            self._contents = [_plain(content) for content in contents]
            self.text = b"\n".join([*self._contents, _PADDING])
        self.count = len(contents)
        self.sizes = np.fromiter(map(len, self._contents), np.int64, self.count)
        self.starts = np.cumsum(self.sizes + 1) - self.sizes - 1
        self.data = np.frombuffer(self.text, dtype=np.uint8)
        self.words = _words(self.data)

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


# The schema as tables of numbers ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Path:
    """A place in the schema. `rows_of` is the path whose occurrences are its rows: a list of mappings, or the root."""

    shape: Shape
    key: str
    rows_of: int
    children: dict[str, int]


class _Schema:
    """The paths of `DOCUMENT`, the root first, and how a key is found from its first bytes.

    A key is cut at its colon, its words are multiplied and added, and the upper bits of the sum are its place in a
    small table; the multipliers are chosen so that no two keys meet there.
    """

    _BITS = 10

    def __init__(self) -> None:
        self.paths: list[_Path] = []
        self._add(DOCUMENT, "", 0)
        self.keys = sorted({path.key for path in self.paths if path.key})
        self.word_count = next(
            count
            for count in range(1, 99)
            if len({(key + ":").encode()[: 8 * count] for key in self.keys}) == len(self.keys)
        )
        self._find_multipliers()
        children = np.zeros((len(self.paths), len(self.keys)), dtype=np.uint8)
        for number, path in enumerate(self.paths):
            if isinstance(path.shape, ListOf) and isinstance(path.shape.item, Scalar):
                children[number, :] = path.children[""]  # whatever a bullet of text begins with
            for key, child in path.children.items():
                if key:
                    children[number, self.keys.index(key)] = child
        self._children = children.ravel()
        #: Bytes from the begin of a key to its value.
        self.value_at = np.array([len(path.key) + 2 if path.key else 0 for path in self.paths], dtype=np.int64)
        self.rows_of = np.array([path.rows_of for path in self.paths])
        #: The row spaces but the root's: the lists.
        self.spaces = [number for number, path in enumerate(self.paths) if isinstance(path.shape, ListOf)]

    def _add(self, shape: Shape, key: str, rows_of: int) -> int:
        number = len(self.paths)
        children: dict[str, int] = {}
        self.paths.append(_Path(shape, key, rows_of, children))
        mapping: Shape = shape
        if isinstance(shape, ListOf):
            rows_of, mapping = number, shape.item
            if isinstance(mapping, Scalar):
                children[""] = self._add(mapping, "", rows_of)
        if isinstance(mapping, Record):
            for child_key, child in mapping.fields.items():
                children[child_key] = self._add(child, child_key, rows_of)
        return number

    def _find_multipliers(self) -> None:
        data = np.frombuffer(b"".join((key + ":").encode().ljust(64) for key in self.keys) + _PADDING, dtype=np.uint8)
        starts = np.arange(len(self.keys), dtype=np.int64) * 64
        for seed in range(100_000):
            numbers = random.Random(seed)
            self.multipliers = [np.uint64(numbers.getrandbits(64) | 1) for _ in range(self.word_count)]
            places = self._places(_words(data), starts)
            if len(set(places.tolist())) == len(self.keys):
                self._key_at = np.zeros(1 << self._BITS, dtype=np.uint8)
                self._key_at[places] = np.arange(len(self.keys))
                return
        raise RuntimeError("no multipliers tell all keys apart")

    def children(self, parents: NDArray[np.uint8], keys: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Path of each key below its parent's path."""
        return self._children.take(parents * np.int64(len(self.keys)) + keys)

    def key_numbers(self, words: Words, starts: Numbers) -> NDArray[np.uint8]:
        """Number of the key that begins at each place."""
        return self._key_at[self._places(words, starts)]

    def _places(self, words: Words, starts: Numbers) -> Words:
        total = np.zeros(len(starts), dtype=np.uint64)
        open_lines: Any = slice(None)
        for number, multiplier in enumerate(self.multipliers):
            word = words[starts[open_lines] + 8 * number]
            # Where a byte is a colon, its high bit is set here; lower bytes are right, higher ones may be wrong.
            differs = word ^ _COLONS
            colons = (differs - _LOW_BITS) & ~differs & _HIGH_BITS
            before_colon = ((colons & (~colons + np.uint64(1))) >> np.uint64(7)) - np.uint64(1)
            total[open_lines] += (word & before_colon) * multiplier
            still_open = np.flatnonzero(colons == 0)
            open_lines = still_open if isinstance(open_lines, slice) else open_lines[still_open]
        return total >> np.uint64(64 - self._BITS)


@cache
def _schema() -> _Schema:
    return _Schema()


def _depth(shape: Shape) -> int:
    """Nested mappings and lists of a document that has every key."""
    if isinstance(shape, Scalar):
        return 0
    return 1 + max(map(_depth, [shape.item] if isinstance(shape, ListOf) else shape.fields.values()))


# The lines of a shard -----------------------------------------------------------------------------------------------


class _Lines:
    """All lines of all documents, blank ones and dashes aside, and the path of each."""

    def __init__(self, documents: _Documents) -> None:
        self.schema = _schema()
        self.documents = documents
        data, words = documents.data, documents.words
        ends = np.flatnonzero(data == _NEWLINE)
        starts = np.empty_like(ends)
        starts[:1] = 0
        starts[1:] = ends[:-1] + 1
        self.first_lines = np.searchsorted(starts, documents.starts)
        document = np.repeat(np.arange(documents.count), np.diff(self.first_lines, append=len(ends)))
        # Every document begins and ends with dashes, and has no others at the begin of a line.
        first = data[starts]
        self.numbers = np.flatnonzero((first != _NEWLINE) & (first != _DASH))
        self.document = document[self.numbers]
        self.ends, starts = ends[self.numbers], starts[self.numbers]

        indent = _leading_blanks(words, starts)
        keys_at = starts + indent
        self.is_item = data[keys_at] == _DASH
        dash_and_blank = 2 * self.is_item.astype(np.int64)
        keys_at += dash_and_blank
        self.path = self._paths(indent + dash_and_blank, self.schema.key_numbers(words, keys_at))
        self.values_at = keys_at + self.schema.value_at[self.path]
        self.is_quoted = data[np.minimum(self.values_at, self.ends)] == _QUOTE
        # A stable sort of small numbers is a counting sort: the lines of each path, in their order.
        by_path = np.argsort(self.path, kind="stable")
        bounds = np.cumsum(np.bincount(self.path, minlength=len(self.schema.paths)))[:-1]
        self.lines_of = np.split(by_path, bounds)
        self._number_rows()

    def _paths(self, indent: Numbers, keys: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Path of each line: that of its key below the path of the nearest line above that is indented less."""
        # Such a line ends in a colon. Those are few, so that they are searched for among themselves, level by level.
        is_header = self.documents.data[self.ends - 1] == _COLON
        headers = np.flatnonzero(is_header)
        header_indent, header_keys = indent[headers], keys[headers]
        header_paths, outer = self.schema.children(np.zeros_like(header_keys), header_keys), np.zeros_like(headers)
        numbers = np.arange(len(headers))
        for level in range(2, int(header_indent.max(initial=0)) + 1, 2):
            here = np.flatnonzero(header_indent == level)
            outer[here] = np.maximum.accumulate(np.where(header_indent < level, numbers, 0))[here]
            header_paths[here] = self.schema.children(header_paths[outer[here]], header_keys[here])

        paths = self.schema.children(np.zeros_like(keys), keys)
        lines = np.flatnonzero(indent)
        indent = indent[lines]
        above = np.cumsum(is_header)[lines] - 1
        beside = np.flatnonzero(header_indent[above] >= indent)
        while beside.size:
            above[beside] = outer[above[beside]]
            beside = beside[header_indent[above[beside]] >= indent[beside]]
        paths[lines] = self.schema.children(header_paths[above], keys[lines])
        return paths

    def _number_rows(self) -> None:
        """Number the rows of each row space: a line belongs to the last row that begins at or above it."""
        items = np.flatnonzero(self.is_item)
        space_of_item = self.schema.rows_of[self.path[items]]
        self.last_item = np.cumsum(self.is_item) - 1
        self.row_counts = {0: self.documents.count}
        self.items_of: dict[int, Numbers] = {}
        self.last_row_at_item: dict[int, Numbers] = {}
        for space in self.schema.spaces:
            begins = space_of_item == space
            self.items_of[space] = items[begins]
            self.row_counts[space] = len(self.items_of[space])
            self.last_row_at_item[space] = np.cumsum(begins) - 1
        self.rows = [
            self._rows(path.rows_of, lines) for path, lines in zip(self.schema.paths, self.lines_of, strict=True)
        ]

    def _rows(self, space: int, lines: Numbers) -> Numbers:
        """Row of a row space that each of some lines belongs to."""
        return self.last_row_at_item[space][self.last_item[lines]] if space else self.document[lines]

    def documents_with_repeated_keys(self) -> Numbers:
        """Documents in which a mapping has a key twice."""
        found = [np.empty(0, dtype=np.int64)]
        for path, lines, rows in zip(self.schema.paths, self.lines_of, self.rows, strict=True):
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
        unescaped = b"".join([*values, _PADDING])
        views[lines] = _string_views(
            _words(np.frombuffer(unescaped, dtype=np.uint8)), np.cumsum(sizes) - sizes, sizes, 1
        )
        return views, unescaped

    def _fields(self, mapping: Record, number: int) -> tuple[list[str], list[pa.Array]]:
        """Names and columns of a mapping's fields; `number` is its path, or that of the list whose items they are."""
        path = self.schema.paths[number]
        space = number if isinstance(path.shape, ListOf) else path.rows_of
        names, arrays = list(mapping.fields), [self._array(path.children[key]) for key in mapping.fields]
        names.append(UNKNOWN_KEYS)
        arrays.append(pa.nulls(self.row_counts[space], pa.string_view()))
        if mapping.has_line:
            items = self.items_of[space]
            line_in_file = self.numbers[items] - self.first_lines[self.document[items]] + 1
            names.append(LINE)
            arrays.append(pa.array(line_in_file.astype(np.int32)))
        return names, arrays

    def _array(self, number: int) -> pa.Array:
        """The column of a path: one value for each row of its row space."""
        path = self.schema.paths[number]
        rows, row_count = self.rows[number], self.row_counts[path.rows_of]
        if isinstance(path.shape, Scalar):
            return self._texts(self.lines_of[number], rows, row_count)
        is_missing = np.ones(row_count, dtype=bool)
        is_missing[rows] = False
        if isinstance(path.shape, Record):
            names, arrays = self._fields(path.shape, number)
            return pa.StructArray.from_arrays(arrays, names, mask=pa.array(is_missing))
        counts = np.bincount(self._rows(path.rows_of, self.items_of[number]), minlength=row_count)
        offsets = np.concatenate([[0], np.cumsum(counts)])
        if isinstance(path.shape.item, Scalar):
            values = self._array(path.children[""])
        else:
            names, arrays = self._fields(path.shape.item, number)
            values = pa.StructArray.from_arrays(arrays, names)
        return pa.LargeListArray.from_arrays(pa.array(offsets), values, mask=pa.array(is_missing))

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


def _words(data: NDArray[np.uint8]) -> Words:
    """The eight bytes that begin at each byte, as one number, little end first."""
    return np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))


def _leading_blanks(words: Words, starts: Numbers) -> Numbers:
    """Number of blanks at the begin of each line."""
    blanks = np.zeros(len(starts), dtype=np.int64)
    lines: Any = slice(None)
    while True:
        other = words[starts[lines] + blanks[lines]] ^ _BLANKS
        below_first = (other & (~other + np.uint64(1))) - np.uint64(1)
        found = np.bitwise_count(below_first) >> 3
        blanks[lines] += found
        full = np.flatnonzero(found == 8)
        if not full.size:
            return blanks
        lines = full if isinstance(lines, slice) else lines[full]


def _string_views(words: Words, at: Numbers, sizes: Numbers, buffer: int) -> Views:
    """Arrow string views: size and first four bytes; then the next eight, or buffer and place."""
    views = np.empty((len(at), 2), dtype=np.uint64)
    views[:, 0] = (words[at] & _FIRST_FOUR.take(sizes, mode="clip")) << np.uint64(32) | sizes.view(np.uint64)
    inside = words[at + 4] & _NEXT_EIGHT.take(sizes, mode="clip")
    outside = at.view(np.uint64) << np.uint64(32) | np.uint64(buffer)
    views[:, 1] = np.where(sizes <= _INLINE_BYTES, inside, outside)
    return views.view(_VIEW).ravel()


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
    """A double-quoted value of the gate without its escapes. No document holds a NUL byte."""
    value = value.replace(b"\\\\", b"\0").replace(b'\\"', b'"')
    return value.replace(b"\\n", b"\n").replace(b"\\r", b"\r").replace(b"\\t", b"\t").replace(b"\0", b"\\")
