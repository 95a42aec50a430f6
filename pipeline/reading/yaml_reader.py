"""The reference reader: PyYAML's C parser, event by event, every scalar as text.

It builds the rows itself instead of calling a loader because a loader hides what must be refused: the second of two
equal keys, anchors, aliases and tags. It also knows the line on which each related entry starts.
"""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import yaml

from pipeline.reading import front_matter
from pipeline.reading.rejections import Rejection
from pipeline.schema.upstream import DOCUMENT, IS_MAPPING, LINE, NULL_WORDS, UNKNOWN_KEYS, ListOf, Record, Scalar, Shape
from pipeline.settings import Limits

#: Front matter starts on line 2 of the file; PyYAML counts lines from 0.
_FIRST_LINE = 2
#: YAML takes these for line breaks; editors, and the lines of a file, do not.
_ONLY_YAML_BREAKS_AT = re.compile("[\x85\u2028\u2029]")

#: JSON writes a character beyond the first 65,536 as two escapes, which PyYAML refuses. JSON is YAML.
_ESCAPED_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_PRIVATE_USE = range(0xE000, 0xF900)


def read_document(content: bytes, limits: Limits) -> dict[str, Any]:
    """One row of the nested frame (see `upstream.raw_schema`), without the columns that tell which file it is.

    Raises `Rejection` when the file cannot become a document.
    """
    yaml_text, body = front_matter.split(front_matter.decode(content))
    row = _Reader(yaml_text, limits).document()
    row["body"] = body if body.strip() else None
    return row


class _Reader:
    """One pass over the events of one front matter."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.max_depth = limits.max_depth
        self.depth = 0
        self.text = text
        #: Where lines start, in a text whose lines PyYAML counts otherwise.
        self.line_starts: array[int] | None = None
        if _ONLY_YAML_BREAKS_AT.search(text):
            self.line_starts = front_matter.line_starts(text)
        self.held_pair: re.Pattern[str] | None = None
        if _ESCAPED_PAIR.search(text):
            text = self._with_pairs_held(text)
        try:
            self.loader = yaml.CBaseLoader(text)
        except yaml.YAMLError as error:
            raise self._broken(error) from None
        #: Where events come from. A text has hardly more values than characters, so that few need a count.
        self.next_event: Callable[[], Any] = self.loader.get_event
        if len(text) > limits.max_values:
            self.next_event = self._counted_events(limits.max_values).__next__

    def document(self) -> dict[str, Any]:
        try:
            self._next()  # stream start
            if isinstance(self._next(), yaml.StreamEndEvent):
                raise Rejection("not_a_mapping", "the front matter is empty", _FIRST_LINE, 1)
            event = self._next()
            if not isinstance(event, yaml.MappingStartEvent):
                kind = "a list" if isinstance(event, yaml.SequenceStartEvent) else "a single value"
                raise Rejection(
                    "not_a_mapping", f"the front matter is {kind}, not key: value pairs", *self._place(event.start_mark)
                )
            row = self._mapping(DOCUMENT)
            self._next()  # document end
            event = self._next()
            if not isinstance(event, yaml.StreamEndEvent):
                raise Rejection(
                    "several_documents", "a second YAML document starts here", *self._place(event.start_mark)
                )
            return row
        except yaml.YAMLError as error:
            raise self._broken(error) from None
        except RecursionError:
            raise Rejection("too_deep", "nested deeper than the reader can follow") from None
        finally:
            self.loader.dispose()

    def _counted_events(self, max_values: int) -> Iterator[Any]:
        """Events up to the limit of those that are keys, values, lists or mappings."""
        count = 0
        while True:
            event: Any = self.loader.get_event()
            count += isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
            if count > max_values:
                raise Rejection(
                    "too_costly", f"more than {max_values:,} keys and values", *self._place(event.start_mark)
                )
            yield event

    def _next(self) -> Any:
        event = self.next_event()
        if isinstance(event, yaml.AliasEvent):
            raise Rejection("anchor_or_alias", f"the alias *{event.anchor}", *self._place(event.start_mark))
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            if event.anchor is not None:
                raise Rejection("anchor_or_alias", f"the anchor &{event.anchor}", *self._place(event.start_mark))
            if self.held_pair and isinstance(event, yaml.ScalarEvent):
                event.value = self._with_pairs_restored(event)
            if event.tag is not None:
                raise Rejection("tag", f"the tag {event.tag}", *self._place(event.start_mark))
            if isinstance(event, yaml.CollectionStartEvent):
                self.depth += 1
                if self.depth > self.max_depth:
                    raise Rejection(
                        "too_deep", f"nested deeper than {self.max_depth} levels", *self._place(event.start_mark)
                    )
        elif isinstance(event, yaml.CollectionEndEvent):
            self.depth -= 1
        return event

    def _with_pairs_held(self, text: str) -> str:
        """Text of the same length with each pair of escapes in a form that PyYAML passes on: only the style of its
        scalar tells whether it is a character or just these letters."""
        mark = next((chr(number) for number in _PRIVATE_USE if chr(number) not in text), None)
        if mark is None:
            return text
        self.held_pair = re.compile(f"{mark}(....){mark}(....){mark}{mark}")
        return _ESCAPED_PAIR.sub(rf"\1{mark}\2{mark}\3{mark}{mark}", text)

    def _with_pairs_restored(self, event: Any) -> str:
        def restored(pair: re.Match[str]) -> str:
            if event.style != '"':
                return f"\\u{pair[1]}\\u{pair[2]}"
            return bytes.fromhex(pair[1] + pair[2]).decode("utf-16-be")

        assert self.held_pair is not None
        return self.held_pair.sub(restored, event.value)

    def _mapping(self, shape: Record) -> dict[str, Any]:
        """A mapping of a known shape that has begun."""
        row: dict[str, Any] = {}
        unknown: dict[str, Any] = {}
        for key in self._keys():
            field = shape.fields.get(key)
            event = self._next()
            if field is None:
                unknown[key] = self._anything(event)
            else:
                row[key] = self._value(field, event, key, unknown)
        row[UNKNOWN_KEYS] = _json(unknown) if unknown else None
        return row

    def _keys(self) -> Iterable[str]:
        """Keys of the mapping that has begun; the caller reads each value before it asks for the next key."""
        seen: set[str] = set()
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise Rejection(
                    "broken_yaml", "a key must be text, not a list or a mapping", *self._place(event.start_mark)
                )
            key: str = event.value
            if key in seen:
                raise Rejection(
                    "duplicate_key", f"the key {key!r} appears here for the second time", *self._place(event.start_mark)
                )
            seen.add(key)
            yield key

    def _value(self, shape: Shape, event: Any, key: str, unknown: dict[str, Any]) -> Any:
        """A value of the expected shape; whatever has another shape goes to `unknown` and leaves null."""
        if isinstance(shape, Scalar):
            if isinstance(event, yaml.ScalarEvent):
                return event.value
        elif isinstance(shape, Record):
            if isinstance(event, yaml.MappingStartEvent):
                return self._mapping(shape)
        elif isinstance(event, yaml.SequenceStartEvent):
            return self._list(shape, key, unknown)
        value = self._anything(event)
        if not (isinstance(value, str) and value in NULL_WORDS):
            unknown[key] = value
        return None

    def _list(self, shape: ListOf, key: str, unknown: dict[str, Any]) -> list[Any]:
        items: list[Any] = []
        misfits: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            if isinstance(shape.item, Record):
                is_mapping = isinstance(event, yaml.MappingStartEvent)
                # What is not a mapping is kept as a row that holds nothing else.
                item: dict[str, Any] = (
                    self._mapping(shape.item) if is_mapping else {UNKNOWN_KEYS: _json(self._anything(event))}
                )
                item[IS_MAPPING] = is_mapping
                if shape.item.has_line:
                    item[LINE] = self._place(event.start_mark)[0]
                items.append(item)
            else:
                items.append(self._value(shape.item, event, str(len(items) + 1), misfits))
        if misfits:
            unknown[key] = misfits  # by place in the list, from 1
        return items

    def _anything(self, event: Any) -> Any:
        """A value without a known shape, as text, lists and dictionaries."""
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        if isinstance(event, yaml.MappingStartEvent):
            return {key: self._anything(self._next()) for key in self._keys()}
        items: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._anything(event))
        return items

    def _place(self, mark: Any) -> tuple[int, int]:
        """Line of the file and column, both from 1."""
        starts = self.line_starts
        if starts is None:
            return mark.line + _FIRST_LINE, mark.column + 1
        lines_above = bisect_right(starts, mark.index)
        return lines_above + _FIRST_LINE, mark.index - (starts[lines_above - 1] if lines_above else 0) + 1

    def _broken(self, error: yaml.YAMLError) -> Rejection:
        """PyYAML's complaint as one sentence with the place it points to."""
        if isinstance(error, yaml.reader.ReaderError):
            before = self.text.encode()[: error.position].decode(errors="replace")
            line, column = front_matter.line_and_column(before)
            return Rejection("broken_yaml", error.reason, line + _FIRST_LINE - 1, column)
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        detail = getattr(error, "problem", None) or str(error).splitlines()[0]
        context = getattr(error, "context", None)
        sentence = f"{detail} ({context})" if context else str(detail)
        # The parser has a limit of its own, and looks ahead for the end of a list before it says that one begins.
        reason = "too_deep" if "nesting depth" in detail else "broken_yaml"
        return Rejection(reason, sentence, *(self._place(mark) if mark else (None, None)))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
