"""From bytes to front matter and body: `pipeline/reading/front_matter.py`."""

from __future__ import annotations

import pytest

from pipeline.reading.front_matter import decode, split
from pipeline.reading.rejections import Rejection

# decode -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["a", "---\ntitle: é 橋 🌉\n---\n", "\r\n x", "a\u2028b\x85c"])
def test_decode_keeps_the_text_as_it_is(text: str) -> None:
    assert decode(text.encode()) == text


def test_decode_drops_one_byte_order_mark() -> None:
    assert decode(b"\xef\xbb\xbfa") == "a"
    assert decode(b"\xef\xbb\xbf\xef\xbb\xbfa") == "\ufeffa"
    assert decode("a\ufeffb".encode()) == "a\ufeffb"


@pytest.mark.parametrize("content", [b"", b" ", b"\n", b"\r\n\t \x0b\x0c\n"])
def test_decode_rejects_what_is_empty(content: bytes) -> None:
    assert rejection_of_decode(content) == ("empty", None, None)


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"\0", 1, 1),
        (b"---\ntitle: a\0b\0", 2, 9),
        (b"---\r\ntitle: a\r\n\0", 3, 1),
        (b"---\rtitle: a\r\0", 3, 1),
        ("é\0".encode(), 1, 2),
        (b"\xff\0", 1, 2),
    ],
)
def test_decode_names_the_place_of_a_nul_byte(content: bytes, line: int, column: int) -> None:
    assert rejection_of_decode(content) == ("nul_byte", line, column)


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"\xff", 1, 1),
        (b"---\ntitle: caf\xe9\n", 2, 11),
        ("---\ntitle: 橋 é".encode() + b"\xe9", 2, 11),
        (b"---\r\n\xc3", 2, 1),
        (b"a\xed\xa0\x80", 1, 2),
        (b"a\xc0\x80", 1, 2),
        (b"a\xf4\x90\x80\x80", 1, 2),
        (b"\xef\xbb\xbf---\xff", 1, 4),
    ],
)
def test_decode_names_the_place_of_what_is_not_utf8(content: bytes, line: int, column: int) -> None:
    assert rejection_of_decode(content) == ("not_utf8", line, column)


def test_decode_names_the_byte() -> None:
    with pytest.raises(Rejection, match=r"byte 3 \(0xe9\)"):
        decode(b"caf\xe9!")
    with pytest.raises(Rejection, match=r"byte 2 "):
        decode(b"ab\0")


# split --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_split_knows_every_line_break(line_break: str) -> None:
    lines = ["---", "title: a", "type: article", "---", "A body.", ""]
    front_matter = split(line_break.join(lines))
    assert front_matter.yaml == f"title: a{line_break}type: article{line_break}"
    assert front_matter.body == f"A body.{line_break}"


@pytest.mark.parametrize(
    ("text", "yaml", "body"),
    [
        ("---\na: b\n---", "a: b\n", ""),
        ("---\na: b\n---\n", "a: b\n", ""),
        ("---\na: b\n---\n\n", "a: b\n", "\n"),
        ("--- \t\na: b\n---\t \nbody", "a: b\n", "body"),
        ("---\n---\nbody", "", "body"),
        ("---\n\n\na: b\n\n---\n", "\n\na: b\n\n", ""),
        ("---\na: b\n--- \n", "a: b\n", ""),
    ],
)
def test_split_finds_the_closing_line(text: str, yaml: str, body: str) -> None:
    assert split(text) == (yaml, body)


@pytest.mark.parametrize("line", ["----", "--", " ---", "--- a", "---a", "a ---", "- --", "...", "———", "\ufeff---"])
def test_split_passes_lines_that_only_look_like_dashes(line: str) -> None:
    assert split(f"---\na: b\n{line}\nc: d\n---\n") == (f"a: b\n{line}\nc: d\n", "")


def test_split_leaves_dashes_in_the_body_alone() -> None:
    assert split("---\na: b\n---\nbody\n---\nc: d\n---\n") == ("a: b\n", "body\n---\nc: d\n---\n")


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c"])
def test_split_takes_other_separators_for_text(separator: str) -> None:
    assert split(f"---\na: b{separator}---{separator}c\n---\n").yaml == f"a: b{separator}---{separator}c\n"


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u00a0\n\u3000"])
def test_split_rejects_blank_text(text: str) -> None:
    assert rejection_of_split(text) == ("empty", None, None)


@pytest.mark.parametrize(
    "text", ["title: a\n", "\n---\na: b\n---\n", " ---\na: b\n---\n", "--- a\n---\n", "----\na: b\n----\n", "--", "-"]
)
def test_split_rejects_text_without_front_matter(text: str) -> None:
    assert rejection_of_split(text) == ("no_front_matter", 1, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---", 1),
        ("---\n", 1),
        ("---  ", 1),
        ("---\n\n\n", 1),
        ("---\na: b", 2),
        ("---\na: b\n", 2),
        ("---\na: b\n\n \n", 2),
        ("---\r\na: b\r\nc: d\r\n", 3),
        ("---\ra: b\rc: d\r", 3),
        ("---\na: b\n ---\n", 3),
    ],
)
def test_split_names_the_last_line_of_front_matter_that_is_not_closed(text: str, line: int) -> None:
    assert rejection_of_split(text) == ("front_matter_not_closed", line, 1)


def rejection_of_decode(content: bytes) -> tuple[str, int | None, int | None]:
    with pytest.raises(Rejection) as caught:
        decode(content)
    return caught.value.reason, caught.value.line, caught.value.column


def rejection_of_split(text: str) -> tuple[str, int | None, int | None]:
    with pytest.raises(Rejection) as caught:
        split(text)
    return caught.value.reason, caught.value.line, caught.value.column
