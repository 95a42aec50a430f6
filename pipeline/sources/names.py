"""Names of files are bytes, columns are text: how one becomes the other and back."""

from __future__ import annotations

import os
import re

_ESCAPED = re.compile(rb"\\(?:\\|x([0-9a-f]{2}))")


def path_as_text(path: str) -> str:
    r"""A path as the system gives it as text that stands for no other one: a backslash is doubled, and a byte that is
    not UTF-8 is written as `\xff`. Any other path is its own text."""
    if path.isascii() and "\\" not in path:
        return path
    return bytes_as_text(path.replace("\\", "\\\\"))


def bytes_as_text(name: str) -> str:
    r"""A name as the system gives it, with bytes that are not UTF-8 written as `\xff`; text stays as it is."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def path_of_text(text: str) -> str:
    """The path of which this is the text (`path_as_text`)."""
    if text.isascii() and "\\" not in text:
        return text
    return os.fsdecode(
        _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()) if match[1] else b"\\", text.encode())
    )
