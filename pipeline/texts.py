"""Texts where people look at them: those of strangers made harmless, counts with their nouns."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

#: What must not reach a terminal or a page as some document or file name has it: controls, which move the cursor and
#: change colors; marks that turn letters around or have no width, so that one text looks like another; half surrogates,
#: which cannot be encoded.
CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)

#: First characters of a text that a spreadsheet takes for a formula, wide forms of East Asia among them.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def visible(text: str) -> str:
    """The text with a replacement character for each control, bidirectional mark and mark without width."""
    return CONTROLS.sub("�", text)


def without_formula(value: Any) -> Any:
    """A value for a spreadsheet, which takes a text that begins so for a formula (OWASP, CSV Injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def counted(count: int, noun: str) -> str:
    """`1 row`, `2 rows`, `1,000 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def nearest(name: str, names: Sequence[str]) -> str:
    """`did you mean ...?` with up to five names like the one that is nowhere; empty where none is like it."""
    near = [other for other in names if name in other] or difflib.get_close_matches(name, names)
    return f"did you mean {', '.join(near[:5])}?" if near else ""
