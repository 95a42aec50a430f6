"""A folder as a source: what it lists and reads."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from pipeline.sources.folder import Folder


@pytest.fixture
def feed(tmp_path: Path) -> Folder:
    """Files, a hidden one, links to a file, to a folder and to nothing, a pipe, and a name that is not text."""
    folder = tmp_path / "feed"
    (folder / "deep" / "down").mkdir(parents=True)
    (folder / "a.md").write_bytes(b"one")
    (folder / "deep" / "down" / "b.md").write_bytes(b"two")
    (folder / ".hidden").write_bytes(b"three")
    (folder / "link.md").symlink_to("a.md")
    (folder / "again").symlink_to("deep")
    (folder / "gone.md").symlink_to("nowhere.md")
    os.mkfifo(folder / "pipe")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_bytes(b"four")
    return Folder("feed", folder)


def test_a_folder_lists_files_with_what_keeps_them_from_being_read(feed: Folder) -> None:
    files, passed_over = feed.list()
    unreadable = ("unreadable", "the file or its name cannot be read")
    assert {path: (size, problem) for _, path, size, _, _, *problem in files} == {
        "a.md": (3, [None, None]),
        "deep/down/b.md": (3, [None, None]),
        "link.md": (3, [None, None]),
        "gone.md": (len("nowhere.md"), ["dangling_symlink", "it leads to nowhere.md, which does not exist"]),
        "pipe": (0, [*unreadable]),
        "\\xff.md": (4, [*unreadable]),
    }
    assert passed_over == 2
    assert {name for name, *_ in files} == {"feed"}


def test_bytes_come_in_the_order_of_the_paths_and_an_error_in_the_place_of_a_file(feed: Folder) -> None:
    first, missing, last = feed.read(["deep/down/b.md", "never.md", "a.md"])
    assert (first, last) == (b"two", b"one")
    assert isinstance(missing, FileNotFoundError)


def test_a_single_file_is_a_source_of_itself(feed: Folder) -> None:
    single = Folder("one", feed.path / "a.md")
    [[_, path, size, *_]], passed_over = single.list()
    assert (path, size, passed_over) == ("a.md", 3, 0)
    assert list(single.read([path])) == [b"one"]


def test_a_source_can_be_sent_to_another_process(feed: Folder) -> None:
    assert pickle.loads(pickle.dumps(feed)) == feed
