"""HTML character references in texts and addresses, resolved until nothing changes."""

from __future__ import annotations

import html
import re
from html.entities import html5

#: HTML takes `&copy2` for `©2`: some names are references without their semicolon.
_IN_TEXT = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[A-Za-z][A-Za-z0-9]*;?)")
#: In an address `&copy=2` is a query key.
_IN_ADDRESS = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
_LAST_CHARACTER = 0x10FFFF


def unescaped_text(text: str) -> str:
    """Text without HTML references. What refers to no character stays as it is."""
    return _until_stable(_IN_TEXT, text)


def unescaped_address(address: str) -> str:
    """Address without HTML references; only what ends in a semicolon is one."""
    return _until_stable(_IN_ADDRESS, address)


def _until_stable(pattern: re.Pattern[str], text: str) -> str:
    """Every round leaves fewer ampersands and semicolons or nothing to do, so that it ends."""
    while "&" in text and (unescaped := pattern.sub(_character, text)) != text:
        text = unescaped
    return text


def _character(match: re.Match[str]) -> str:
    reference = match[0]
    if reference[1] != "#":
        name = reference[1:]
        return html5[name] if name in html5 else html.unescape(reference)
    digits = reference[2:].rstrip(";")
    # Numbers of any length are written; Python refuses to convert very long ones.
    significant, base = (digits[1:].lstrip("0"), 16) if digits[0] in "xX" else (digits.lstrip("0"), 10)
    number = int(significant, base) if 0 < len(significant) <= 7 else 0
    if not 0 < number <= _LAST_CHARACTER or 0xD800 <= number <= 0xDFFF:
        return reference
    return html.unescape(f"&#{number};") or reference
