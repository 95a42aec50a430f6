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

from pipeline.reading.gate import GATE
from pipeline.reading.rejections import Limits
from pipeline.schema import DOCUMENT, LINE, UNKNOWN_KEYS, ListOf, Mapping, Scalar, Shape

Numbers = NDArray[np.int64]
Words = NDArray[np.uint64]
#: Row numbers of each row space (see `_Path.rows_of`) for every line.
_RowNumbers = dict[int, Numbers]

_NEWLINE, _QUOTE, _DASH, _BACKSLASH = (ord(character) for character in '\n"-\\')
#: Views and keys are read in words of eight bytes, also behind the last line.
_PADDING = bytes(32)
_BLANKS = np.uint64(int.from_bytes(b"        ", "little"))
_COLONS = np.uint64(int.from_bytes(b"::::::::", "little"))
_LOW_BITS = np.uint64(0x0101010101010101)
_HIGH_BITS = np.uint64(0x8080808080808080)
#: Mask of the first n bytes of a word.
_FIRST_BYTES = np.array([(1 << 8 * count) - 1 for count in range(9)], dtype=np.uint64)
#: Documents that are taken apart together: about 8 MB, which a processor's cache holds better than a whole shard.
_BATCH = 2_000
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
    plain = [_plain(content) for content in contents]
    numbers = np.flatnonzero(pl.Series(plain, dtype=pl.Binary).cast(pl.String).str.contains(GATE).to_numpy())
    lines = _Lines([plain[number] for number in numbers.tolist()])
    if (repeated := lines.documents_with_repeated_keys()).size:
        numbers = np.delete(numbers, repeated)
        lines = _Lines([plain[number] for number in numbers.tolist()])
    return lines.frame(), numbers + start


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
        self.child = np.zeros((len(self.paths), len(self.keys)), dtype=np.uint8)
        for number, path in enumerate(self.paths):
            if isinstance(path.shape, ListOf) and isinstance(path.shape.item, Scalar):
                self.child[number, :] = path.children[""]  # whatever a bullet of text begins with
            for key, child in path.children.items():
                if key:
                    self.child[number, self.keys.index(key)] = child
        #: Bytes from the begin of a key to its value.
        self.value_at = np.array([len(path.key) + 2 if path.key else 0 for path in self.paths], dtype=np.int64)
        self.rows_of = np.array([path.rows_of for path in self.paths])

    def _add(self, shape: Shape, key: str, rows_of: int) -> int:
        number = len(self.paths)
        children: dict[str, int] = {}
        self.paths.append(_Path(shape, key, rows_of, children))
        mapping: Shape = shape
        if isinstance(shape, ListOf):
            rows_of, mapping = number, shape.item
            if isinstance(mapping, Scalar):
                children[""] = self._add(mapping, "", rows_of)
        if isinstance(mapping, Mapping):
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

    def __init__(self, contents: Sequence[bytes]) -> None:
        self.schema = _schema()
        self.document_count = len(contents)
        self.text = b"\n".join([*contents, _PADDING])
        data = np.frombuffer(self.text, dtype=np.uint8)
        self.words = _words(data)
        ends = np.flatnonzero(data == _NEWLINE)
        starts = np.empty_like(ends)
        starts[:1] = 0
        starts[1:] = ends[:-1] + 1
        first = data[starts]
        # Every document begins and ends with dashes, and has no others at the begin of a line.
        dashes = first == _DASH
        kept = np.flatnonzero((first != _NEWLINE) & ~dashes)
        dashes_before = np.cumsum(dashes, dtype=np.int64)[kept]
        self.document = dashes_before >> 1
        self.line_in_file = kept - np.flatnonzero(dashes)[::2][self.document] + 1
        self.ends, starts = ends[kept], starts[kept]

        indent = _leading_blanks(self.words, starts)
        self.is_item = data[starts + indent] == _DASH
        indent += 2 * self.is_item
        keys_at = starts + indent
        self.path = self._paths(indent, self.schema.key_numbers(self.words, keys_at))
        self.values_at = keys_at + self.schema.value_at[self.path]
        self.is_quoted = data[np.minimum(self.values_at, self.ends)] == _QUOTE
        # A stable sort of small numbers is a counting sort: the lines of each path, in their order.
        by_path = np.argsort(self.path, kind="stable")
        bounds = np.cumsum(np.bincount(self.path, minlength=len(self.schema.paths)))[:-1]
        self.lines_of = np.split(by_path, bounds)
        self.data = data
        self.row_numbers, self.row_counts = self._rows()

    def _paths(self, indent: Numbers, keys: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Path of each line: that of its key below the path of the nearest line above that is indented less."""
        paths: NDArray[np.uint8] = self.schema.child[0][keys]
        lines = np.arange(len(indent), dtype=np.int32)
        indent = indent.astype(np.uint8)
        for level in range(2, int(indent.max(initial=0)) + 1, 2):
            here = np.flatnonzero(indent == level)
            if here.size:
                above = np.maximum.accumulate(np.where(indent < level, lines, 0))[here]
                paths[here] = self.schema.child[paths[above], keys[here]]
        return paths

    def _rows(self) -> tuple[_RowNumbers, dict[int, int]]:
        """For each row space the row that each line belongs to, and how many rows there are."""
        numbers, counts = {0: self.document}, {0: self.document_count}
        item_of = np.where(self.is_item, self.schema.rows_of[self.path], 0)
        for space in np.flatnonzero(np.bincount(self.schema.rows_of) > 0)[1:]:
            rows = np.cumsum(item_of == space, dtype=np.int64)
            counts[int(space)] = int(rows[-1]) if rows.size else 0
            rows -= 1
            numbers[int(space)] = rows
        return numbers, counts

    def documents_with_repeated_keys(self) -> Numbers:
        """Documents in which a mapping has a key twice."""
        found = [np.empty(0, dtype=np.int64)]
        for path, lines in zip(self.schema.paths, self.lines_of, strict=True):
            if path.key:
                rows = self.row_numbers[path.rows_of][lines]
                found.append(self.document[lines[1:][rows[1:] == rows[:-1]]])
        return np.unique(np.concatenate(found))

    # From lines to columns ------------------------------------------------------------------------------------------

    def frame(self) -> pl.DataFrame:
        """The nested frame of all documents."""
        self.views, self.unescaped = self._views()
        names, arrays = self._fields(DOCUMENT, 0)
        frame = pl.from_arrow(pa.table(arrays, names))
        assert isinstance(frame, pl.DataFrame)
        return frame.with_columns(body=pl.lit(None, dtype=pl.String))

    def _views(self) -> tuple[NDArray[np.uint64], bytes]:
        """An Arrow string view for each line, and the buffer of the values that had to be unescaped."""
        at, length = self.values_at + self.is_quoted, self.ends - self.values_at - 2 * self.is_quoted
        np.maximum(length, 0, out=length)
        views = _string_views(self.words, at, length, 0)
        backslashes = np.flatnonzero(self.data == _BACKSLASH)
        lines = np.unique(np.searchsorted(self.ends, backslashes))
        lines = lines[self.is_quoted[lines]]
        values = [_unescaped(self.text[start:end]) for start, end in zip(at[lines], self.ends[lines] - 1, strict=True)]
        lengths = np.array([len(value) for value in values], dtype=np.int64)
        unescaped = b"".join([*values, _PADDING])
        places = np.cumsum(lengths) - lengths
        views[lines] = _string_views(_words(np.frombuffer(unescaped, dtype=np.uint8)), places, lengths, 1)
        return views, unescaped

    def _fields(self, mapping: Mapping, number: int) -> tuple[list[str], list[pa.Array]]:
        """Names and columns of a mapping's fields; `number` is its path, or that of the list whose items they are."""
        path = self.schema.paths[number]
        space = number if isinstance(path.shape, ListOf) else path.rows_of
        names, arrays = list(mapping.fields), [self._array(path.children[key]) for key in mapping.fields]
        names.append(UNKNOWN_KEYS)
        arrays.append(pa.nulls(self.row_counts[space], pa.string_view()))
        if mapping.has_line:
            items = self._items(space)
            names.append(LINE)
            arrays.append(pa.array(self.line_in_file[items].astype(np.int32)))
        return names, arrays

    def _items(self, space: int) -> Numbers:
        """The line on which each row of a list begins."""
        rows = self.row_numbers[space]
        first = np.empty(len(rows), dtype=bool)
        first[:1] = rows[:1] >= 0
        first[1:] = rows[1:] != rows[:-1]
        return np.flatnonzero(first)

    def _array(self, number: int) -> pa.Array:
        """The column of a path: one value for each row of its row space."""
        path = self.schema.paths[number]
        lines, row_count = self.lines_of[number], self.row_counts[path.rows_of]
        rows = self.row_numbers[path.rows_of][lines]
        if isinstance(path.shape, Scalar):
            return self._texts(lines, rows, row_count)
        is_missing = np.ones(row_count, dtype=bool)
        is_missing[rows] = False
        if isinstance(path.shape, Mapping):
            names, arrays = self._fields(path.shape, number)
            return pa.StructArray.from_arrays(arrays, names, mask=pa.array(is_missing))
        items = self._items(number)
        counts = np.bincount(self.row_numbers[path.rows_of][items], minlength=row_count)
        offsets = np.concatenate([[0], np.cumsum(counts)])
        if isinstance(path.shape.item, Scalar):
            values = self._array(path.children[""])
        else:
            names, arrays = self._fields(path.shape.item, number)
            values = pa.StructArray.from_arrays(arrays, names)
        return pa.LargeListArray.from_arrays(pa.array(offsets), values, mask=pa.array(is_missing))

    def _texts(self, lines: Numbers, rows: Numbers, row_count: int) -> pa.Array:
        if len(lines) == row_count:
            views, validity = self.views[lines], None
        else:
            views = np.zeros((row_count, 2), dtype=np.uint64)
            views[rows] = self.views[lines]
            is_given = np.zeros(row_count, dtype=bool)
            is_given[rows] = True
            validity = pa.py_buffer(np.packbits(is_given, bitorder="little"))
        buffers = [validity, pa.py_buffer(views), pa.py_buffer(self.text), pa.py_buffer(self.unescaped)]
        return pa.Array.from_buffers(pa.string_view(), row_count, buffers)


# Bytes --------------------------------------------------------------------------------------------------------------


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


def _string_views(words: Words, at: Numbers, length: Numbers, buffer: int) -> NDArray[np.uint64]:
    """Arrow string views, two words each: length and first four bytes; then the next eight, or buffer and place."""
    views = np.empty((len(at), 2), dtype=np.uint64)
    sizes = length.astype(np.uint64)
    views[:, 0] = (words[at] & _FIRST_BYTES[np.minimum(length, 4)]) << np.uint64(32) | sizes
    inside = words[at + 4] & _FIRST_BYTES[np.clip(length - 4, 0, 8)]
    outside = at.astype(np.uint64) << np.uint64(32) | np.uint64(buffer)
    views[:, 1] = np.where(length <= _INLINE_BYTES, inside, outside)
    return views


def _unescaped(value: bytes) -> bytes:
    """A double-quoted value of the gate without its escapes. No document holds a NUL byte."""
    value = value.replace(b"\\\\", b"\0").replace(b'\\"', b'"')
    return value.replace(b"\\n", b"\n").replace(b"\\r", b"\r").replace(b"\\t", b"\t").replace(b"\0", b"\\")
