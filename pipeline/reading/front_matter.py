"""From the bytes of a file to the text of its front matter. Knows nothing of YAML."""

from __future__ import annotations

import re
from array import array
from typing import NamedTuple

from pipeline.reading.rejections import Rejection

BYTE_ORDER_MARK = "\ufeff"

_OPENING_LINE = re.compile(r"---[ \t]*(?:\r\n|\n|\r)")
_CLOSING_LINE = re.compile(r"(?<=[\r\n])---[ \t]*(?:\r\n|\n|\r|\Z)")
_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class FrontMatter(NamedTuple):
    """The YAML text between the two lines of dashes, and all that follows the second one (usually nothing).

    The first line of `yaml` is line 2 of the file.
    """

    yaml: str
    body: str


def decode(content: bytes) -> str:
    """Text of a file without its byte-order mark.

    Raises `Rejection` with `empty`, `nul_byte` or `not_utf8`.
    """
    if not content.strip():
        raise Rejection("empty", "the file is empty" if not content else "the file holds nothing but white space")
    if (nul := content.find(b"\x00")) >= 0:
        raise Rejection("nul_byte", f"byte {nul} is NUL", *line_and_column(content[:nul].decode(errors="replace")))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(errors="replace")
        raise Rejection(
            "not_utf8", f"byte {error.start} (0x{content[error.start]:02x}): {error.reason}", *line_and_column(before)
        ) from None
    return text.removeprefix(BYTE_ORDER_MARK)


def split(text: str) -> FrontMatter:
    """Front matter and body of a document's text.

    Raises `Rejection` with `empty`, `no_front_matter` or `front_matter_not_closed`.
    """
    if not text.strip():
        raise Rejection("empty", "the file holds nothing but white space")
    opening = _OPENING_LINE.match(text)
    if opening is None:
        if text.rstrip() == "---":
            raise Rejection("front_matter_not_closed", "the file ends after its first line of dashes", 1, 1)
        raise Rejection("no_front_matter", "the first line must be three dashes: ---", 1, 1)
    closing = _CLOSING_LINE.search(text, opening.end())
    if closing is None:
        last_line = len(_LINE_BREAK.findall(text.rstrip())) + 1
        raise Rejection("front_matter_not_closed", "no line of three dashes ends the front matter", last_line, 1)
    return FrontMatter(text[opening.end() : closing.start()], text[closing.end() :])


def line_and_column(before: str) -> tuple[int, int]:
    """Line and column, from 1, of the character that follows `before`."""
    before = before.removeprefix(BYTE_ORDER_MARK)
    breaks = list(_LINE_BREAK.finditer(before))
    return len(breaks) + 1, len(before) - (breaks[-1].end() if breaks else 0) + 1


def line_starts(text: str) -> array[int]:
    """Where each line of a text but the first starts, counted in characters."""
    return array("q", (found.end() for found in _LINE_BREAK.finditer(text)))
