"""The strict subset of YAML that machines write, as one regular expression generated from `upstream.DOCUMENT`.

    ---
    title: "What \\"is\\" news"           two blanks for each level, one line for each value
    quality: 71                          a plain value, or text in double quotes with \\\\ \\" \\n \\r \\t

    related:
      - title: A plain title             a list item starts with the key of a value
        provider:
          name: The Daily
    ---

What matches means the same to every YAML parser: no value is longer than its line, and none can be taken for another
construct.
Keys may be in any order; a regular expression cannot see that one appears twice, so `fast_reader.py` does.
"""

from __future__ import annotations

from pipeline.schema.upstream import DOCUMENT, ListOf, Record, Scalar, Shape

#: Characters that YAML forbids, takes for line breaks or reads in a special way somewhere.
_ODD = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff"
_QUOTED = rf'"(?:[^"\\{_ODD}]|\\[\\"nrt])*"'
#: A plain value starts with no indicator, holds no `: ` and no ` #`, and ends in neither a blank nor a colon.
_WORD = rf"[^ :{_ODD}]*"
_FIRST = rf"""(?:[^ :{_ODD}\-?,\[\]{{}}#&*!|>'"%@`]|-[0-9])"""
_PLAIN = rf"{_FIRST}{_WORD}(?:(?: +[^ :#{_ODD}]|:+[^ :{_ODD}]){_WORD})*"
_VALUE = rf"(?: (?:{_QUOTED}|{_PLAIN})?)?\n"


def _line(key: str, shape: Shape, indent: int) -> str:
    """The line of a key at an indent, and the lines below it that belong to it."""
    return key + ":" + (_VALUE if isinstance(shape, Scalar) else "\n" + _lines_below(shape, indent + 2))


def _lines_below(shape: Record | ListOf, indent: int) -> str:
    blanks = " " * indent
    if isinstance(shape, Record):
        return f"(?:{blanks}{_any_line(shape, indent)})+"
    if isinstance(shape.item, Scalar):
        return f"(?:{blanks}-{_VALUE})+"
    first = "|".join(_line(key, value, 0) for key, value in shape.item.fields.items() if isinstance(value, Scalar))
    return f"(?:{blanks}- (?:{first})(?:{blanks}  {_any_line(shape.item, indent + 2)})*)+"


def _any_line(mapping: Record, indent: int) -> str:
    return "(?:" + "|".join(_line(key, shape, indent) for key, shape in mapping.fields.items()) + ")"


def strict_subset(document: Record) -> str:
    """Regular expression of exactly the documents of a shape that the fast reader takes apart, duplicate keys aside."""
    return rf"\A---\n(?:\n*{_any_line(document, 0)})+\n*---\n*\z"


STRICT_SUBSET = strict_subset(DOCUMENT)
