"""Names of files and sources that are not text: none is lost, and no two become one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.sources import argument, list_files, parse_source, source_at
from pipeline.sources.folder import Folder
from pipeline.sources.names import path_as_text, path_of_text

#: What a file may be called, with much of what escapes are made of.
NAMES = st.lists(
    st.sampled_from([b"\\", b"\xff", b"x", b"f", b"\\xff", b"\xc3\xa9", b"\xed\xa0\x80", b" "])
    | st.binary(min_size=1, max_size=2).filter(lambda name: not set(name) & {0, ord("/")}),
    min_size=1,
    max_size=6,
).map(b"".join)


@given(st.lists(NAMES, min_size=2, max_size=4, unique=True))
@example([b"\xff.txt", b"\\xff.txt", b"\\\\xff.txt", b"\\\xff.txt"])
def test_no_two_names_have_the_same_text_and_the_text_gives_the_name(names: list[bytes]) -> None:
    texts = [path_as_text(os.fsdecode(name)) for name in names]
    assert len(set(texts)) == len(names)
    assert [os.fsencode(path_of_text(text)) for text in texts] == names
    assert all(text.encode() for text in texts)


@given(st.text().filter(lambda text: "\\" not in text))
def test_text_without_a_backslash_is_its_own_name(text: str) -> None:
    assert path_as_text(text) == path_of_text(text) == text


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_files_of_any_name_are_listed_and_read(tmp_path: Path) -> None:
    names = {
        b"\xff.txt": r"\xff.txt",
        rb"\xff.txt": r"\\xff.txt",
        b"caf\xc3\xa9": "caf\u00e9",
        b"cafe\xcc\x81": "cafe\u0301",
        b"CAF\xc3\x89": "CAF\u00c9",
        b"\xed\xa0\x80": r"\xed\xa0\x80",
        b"\x1b]0;owned\x07\n\xe2\x80\xae": "\x1b]0;owned\x07\n\u202e",
        b"\xfe/\xff/a": r"\xfe/\xff/a",
    }
    for number, name in enumerate(names):
        file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(number))
    source = Folder("feed", tmp_path)
    files = [(path, problem) for _, path, _, _, _, problem, _ in list_files([source]).files]
    assert files == [(text, None) for text in sorted(names.values())]
    assert list(source.read(list(names.values()), 9)) == [str(number).encode() for number in range(len(names))]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
@pytest.mark.parametrize("name", [b"d8\xff", b"\xff=a", b"a=\xff", b"\xe9%41"])
def test_a_source_whose_path_is_not_text_has_a_name_and_a_location_that_are(
    name: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    folder.mkdir()
    (folder / "a.md").write_text("one")
    monkeypatch.chdir(tmp_path)
    for text, source_name in (
        (folder.name, os.fsencode(folder.name).decode("utf-8", "backslashreplace")),
        (f"n={folder}", "n"),
    ):
        source = parse_source(text)
        assert isinstance(source, Folder)
        assert (source.name, source.path) == (source_name, folder)
        assert source.location.isascii() and source.location.startswith("file:///")
        assert source_at(source.name, source.location) == parse_source(argument(source)) == source
        assert list(source.read(["a.md"], 9)) == [b"one"]


def test_a_name_that_is_not_text_is_escaped(tmp_path: Path) -> None:
    assert parse_source(f"n\udcff={tmp_path}").name == r"n\xff"
