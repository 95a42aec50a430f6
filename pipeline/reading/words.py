"""Bytes eight at a time: where lines of a text start with blanks, where a key ends, without a loop over bytes.

The bit trick is the known one for finding the zero byte in a word (Mycroft 1987; Warren, Hacker's Delight, 6-1): a byte
that is sought becomes zero by exclusive or, and `(x - 0x01...01) & ~x & 0x80...80` sets the high bit of the lowest byte
that is zero. Numbers are little-endian, so that the lowest byte is the first one of the text.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Words = NDArray[np.uint64]

#: Words are read behind the end of a text, too.
PADDING = bytes(32)
_ONE = np.uint64(1)
_BLANKS = np.uint64(int.from_bytes(b"        ", "little"))
_COLONS = np.uint64(int.from_bytes(b"::::::::", "little"))
_LOW_BITS = np.uint64(0x0101010101010101)
_HIGH_BITS = np.uint64(0x8080808080808080)


def words_of(data: NDArray[np.uint8]) -> Words:
    """The eight bytes that start at each byte, as one number, little end first."""
    return np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))


def leading_blanks(words: Words, starts: Numbers) -> Numbers:
    """Number of blanks at the start of each line."""
    blanks = np.zeros(len(starts), dtype=np.int64)
    lines: Any = slice(None)
    while True:
        # The lowest bit that is set lies in the first byte that is not a blank; the bits below it are counted.
        differs = words[starts[lines] + blanks[lines]] ^ _BLANKS
        found = np.bitwise_count(_lowest_bit(differs) - _ONE) >> 3
        blanks[lines] += found
        full = np.flatnonzero(found == 8)
        if not full.size:
            return blanks
        lines = full if isinstance(lines, slice) else lines[full]


def mask_before_colon(words: Words) -> tuple[Words, NDArray[np.bool_]]:
    """For each word, a mask of the bytes before its first colon (all bytes if it has none), and whether it has one."""
    differs = words ^ _COLONS
    # Above the first colon, a high bit may be set by a borrow: only the lowest one is used.
    colons = (differs - _LOW_BITS) & ~differs & _HIGH_BITS
    return (_lowest_bit(colons) >> np.uint64(7)) - _ONE, colons != 0


def _lowest_bit(words: Words) -> Words:
    """The lowest bit of each word that is set, alone."""
    return words & (~words + _ONE)
