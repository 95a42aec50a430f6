"""The shape of a document as tables of numbers: every place where a value may be is a number, found from a key's bytes.

Small numbers in arrays stand for what a parser would keep on a stack, so that all lines are looked up at once.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.reading.words import PADDING, Numbers, Words, mask_before_colon, words_of
from pipeline.schema.upstream import ListOf, Record, Scalar, Shape


@dataclass(frozen=True)
class Path:
    """A place in the schema. `rows_of` is the path whose occurrences are its rows: a list of mappings, or the root."""

    shape: Shape
    key: str
    rows_of: int
    children: dict[str, int]


class KeyPaths:
    """The paths of a document's shape, the root first, and how a key is found from its first bytes.

    A key is cut at its colon, its words are multiplied and added, and the upper bits of the sum are its place in a
    small table; the multipliers are chosen so that no two keys meet there.
    """

    _BITS = 10

    def __init__(self, document: Record) -> None:
        self.paths: list[Path] = []
        self._add(document, "", 0)
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
                children[number, :] = path.children[""]  # whatever a bullet of text starts with
            for key, child in path.children.items():
                if key:
                    children[number, self.keys.index(key)] = child
        self._children = children.ravel()
        #: Bytes from the start of a key to its value.
        self.value_at = np.array([len(path.key) + 2 if path.key else 0 for path in self.paths], dtype=np.int64)
        self.rows_of = np.array([path.rows_of for path in self.paths])
        #: The row spaces but the root's: the lists.
        self.spaces = [number for number, path in enumerate(self.paths) if isinstance(path.shape, ListOf)]

    def _add(self, shape: Shape, key: str, rows_of: int) -> int:
        number = len(self.paths)
        children: dict[str, int] = {}
        self.paths.append(Path(shape, key, rows_of, children))
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
        data = np.frombuffer(b"".join((key + ":").encode().ljust(64) for key in self.keys) + PADDING, dtype=np.uint8)
        starts = np.arange(len(self.keys), dtype=np.int64) * 64
        for seed in range(100_000):
            numbers = random.Random(seed)
            self.multipliers = [np.uint64(numbers.getrandbits(64) | 1) for _ in range(self.word_count)]
            places = self._places(words_of(data), starts)
            if len(set(places.tolist())) == len(self.keys):
                self._key_at = np.zeros(1 << self._BITS, dtype=np.uint8)
                self._key_at[places] = np.arange(len(self.keys))
                return
        raise RuntimeError("no multipliers tell all keys apart")

    def children(self, parents: NDArray[np.uint8], keys: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Path of each key below its parent's path."""
        return self._children.take(parents * np.int64(len(self.keys)) + keys)

    def key_numbers(self, words: Words, starts: Numbers) -> NDArray[np.uint8]:
        """Number of the key that starts at each place."""
        return self._key_at[self._places(words, starts)]

    def _places(self, words: Words, starts: Numbers) -> Words:
        total = np.zeros(len(starts), dtype=np.uint64)
        open_lines: Any = slice(None)
        for number, multiplier in enumerate(self.multipliers):
            word = words[starts[open_lines] + 8 * number]
            before_colon, has_colon = mask_before_colon(word)
            total[open_lines] += (word & before_colon) * multiplier
            still_open = np.flatnonzero(~has_colon)
            open_lines = still_open if isinstance(open_lines, slice) else open_lines[still_open]
        return total >> np.uint64(64 - self._BITS)
