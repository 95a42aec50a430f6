"""Sources: how the text of an argument becomes a name and a path."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.sources import argument, parse_source, source_at


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with some folders whose names hold an equals sign."""
    for name in ("feed", "a=b/c", "b", "=d"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "link").symlink_to("feed")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "name", "path"),
    [
        ("feed", "feed", "feed"),
        ("./b/../feed/", "feed", "feed"),
        ("link", "link", "link"),
        (".", None, "."),
        ("news=feed", "news", "feed"),
        # The path that is there wins over the name and the path that are there, too.
        ("a=b", "a=b", "a=b"),
        ("=d", "=d", "=d"),
        ("news=a=b", "news", "a=b"),
        ("a=a=b/c", "a", "a=b/c"),
        ("a=b/c", "c", "a=b/c"),
    ],
)
def test_a_source_is_a_path_that_is_there_or_a_name_and_a_path(
    here: Path, text: str, name: str | None, path: str
) -> None:
    source = parse_source(text)
    assert (source.name, source.location) == (name or here.name, str(here / path))
    # Its place gives it again, wherever it is named from, and so does the text for an argument.
    assert source_at(source.name, source.location) == parse_source(argument(source)) == source


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        # A variable of a script that is not set must not read the working folder.
        ("", "the source '' has no path; give a folder"),
        ("news=", "the source 'news=' has no path; give a folder"),
        ("missing", "the source missing does not exist; give a folder"),
        ("news=missing", "the source missing does not exist; give a folder"),
        # The equals sign of an address is none between a name and a path.
        ("store://feed?day=1", "the source store://feed?day=1 does not exist; give a folder"),
        ("/", "the source '/' needs a name without slashes: NAME=PATH"),
        ("my/news=feed", "the source 'my/news=feed' needs a name without slashes: NAME=PATH"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_wrong_source_is_an_error_that_says_what_to_do(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as error:
        parse_source(text)
    assert str(error.value).startswith(sentence)
