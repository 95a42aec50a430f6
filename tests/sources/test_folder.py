"""A folder as a source: what it lists and reads, also when others change it meanwhile."""

from __future__ import annotations

import errno
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.entries.store import listing_frame
from pipeline.errors import InputError
from pipeline.sources import folder as folder_module
from pipeline.sources import list_files
from pipeline.sources.folder import Folder
from pipeline.sources.interface import Found

LIMIT = 1_000
NOBODY = 65534


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


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """A test that waits for a file for ever fails instead."""

    def fail(*_: Any) -> None:
        raise AssertionError("a file was waited for")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def problems(source: Folder) -> dict[str, str | None]:
    """What keeps each listed file from being read, by path."""
    return {path: detail for _, path, _, _, _, _, detail in source.list().files}


def after_scanning(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Let something happen to the folder between the names of its first folder and what is asked about each."""
    scandir = os.scandir

    @contextmanager
    def changed(folder: int) -> Iterator[Iterator[os.DirEntry[str]]]:
        with scandir(folder) as entries:
            found = list(entries)
        monkeypatch.setattr(folder_module.os, "scandir", scandir)
        change()
        yield iter(found)

    monkeypatch.setattr(folder_module.os, "scandir", changed)


@contextmanager
def as_a_plain_user() -> Iterator[Path]:
    """A new folder of a user who may not read everything, as root may."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    user = os.geteuid()
    try:
        if user == 0:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        yield folder
    finally:
        os.seteuid(user)
        for path, _, _ in os.walk(folder):
            Path(path).chmod(0o755)
        shutil.rmtree(folder)


# Listing --------------------------------------------------------------------------------------------------------------


def test_a_folder_lists_files_with_what_keeps_them_from_being_read(feed: Folder) -> None:
    found = feed.list()
    assert {path: (size, problem) for _, path, size, _, _, *problem in found.files} == {
        "a.md": (3, [None, None]),
        "deep/down/b.md": (3, [None, None]),
        "link.md": (3, [None, None]),
        "gone.md": (len("nowhere.md"), ["dangling_symlink", "it leads to nowhere.md, which does not exist"]),
        "pipe": (0, ["unreadable", "it is a pipe, not a file with text; remove it from the source"]),
        r"\xff.md": (4, [None, None]),
    }
    assert (found.passed_over, found.left_out) == (2, [])
    assert {name for name, *_ in found.files} == {"feed"}


def test_what_goes_while_it_is_listed_was_never_there(feed: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def remove() -> None:
        shutil.rmtree(feed.path / "deep")
        (feed.path / "a.md").unlink()
        (feed.path / "gone.md").unlink()

    after_scanning(monkeypatch, remove)
    # Two links lead nowhere now.
    assert problems(feed).keys() == {"again", "link.md", "pipe", r"\xff.md"}


def test_a_link_in_the_place_of_a_folder_is_not_followed(feed: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def swap() -> None:
        shutil.rmtree(feed.path / "deep")
        (feed.path / "deep").symlink_to(feed.path)

    after_scanning(monkeypatch, swap)
    found = problems(feed)
    assert str(found.pop("deep")).startswith("Not a directory; it was replaced")
    assert found.keys() == {"a.md", "link.md", "gone.md", "pipe", r"\xff.md"}


@pytest.mark.parametrize("question", ["is_dir", "is_symlink", "stat"])
def test_a_file_of_which_the_system_knows_nothing_is_a_row(
    question: str, feed: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a broken disk."""
    scandir = os.scandir

    class Entry:
        def __init__(self, entry: os.DirEntry[str]) -> None:
            self.name, self._entry = entry.name, entry

        def __getattr__(self, name: str) -> Any:
            if name == question and self.name == "a.md":
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return getattr(self._entry, name)

    @contextmanager
    def on_a_broken_disk(folder: int) -> Iterator[Iterator[Entry]]:
        with scandir(folder) as entries:
            yield map(Entry, list(entries))

    monkeypatch.setattr(folder_module.os, "scandir", on_a_broken_disk)
    found = problems(feed)
    assert found["a.md"] == "Input/output error; look after the disk or the network folder, and build again"
    assert found["deep/down/b.md"] is None


def test_a_sub_folder_that_may_not_be_read_is_a_row_and_the_rest_is_listed() -> None:
    """As `lost+found` of a disk."""
    with as_a_plain_user() as folder:
        for name in ("lost+found", "listed only", "open"):
            (folder / name).mkdir()
            (folder / name / "a.md").write_bytes(b"one")
        (folder / "locked.md").write_bytes(b"two")
        for name, mode in (("lost+found", 0), ("listed only", 0o444), ("locked.md", 0)):
            (folder / name).chmod(mode)
        source = Folder("feed", folder)
        denied = "Permission denied; give the user who builds the right to read it"
        expected = {"lost+found": denied, "listed only/a.md": denied, "open/a.md": None, "locked.md": None}
        assert problems(source) == expected
        assert list(source.read(["open/a.md", "locked.md"], LIMIT)) == [b"one", denied]
        # Also when there is nothing else.
        shutil.rmtree(folder / "open")
        (folder / "locked.md").unlink()
        assert problems(source).keys() == {"lost+found", "listed only/a.md"}
        folder.chmod(0)
        with pytest.raises(InputError, match="cannot be read: Permission denied; give the user who builds the right"):
            source.list()


def test_a_path_that_is_too_long_for_the_system_is_a_row(feed: Folder) -> None:
    name, depth = "n" * 200, 25
    descriptor = os.open(feed.path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=descriptor)
        inner = os.open(name, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
        for file in ("a.md", "m" * 250):
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT, dir_fd=descriptor))
    os.close(descriptor)
    found = {path: problem for path, problem in problems(feed).items() if path.startswith(name)}
    too_long = [
        path for path, problem in found.items() if problem and problem.startswith("File name too long; its path")
    ]
    assert len(too_long) == 1 and len(found) > depth
    # Those that could be listed and are too long to be opened are told when they are read.
    listed = [path for path, problem in found.items() if problem is None]
    texts = [content for content in feed.read(listed, LIMIT) if isinstance(content, str)]
    assert texts and all(text.startswith("File name too long; its path") for text in texts)


def test_a_name_that_goes_and_comes_back_while_it_is_listed_is_one_file(feed: Folder) -> None:
    class Twice(Folder):
        def list(self) -> Found:
            found = super().list()
            return Found(found.files * 2, found.passed_over, found.left_out)

    assert list_files([Twice("feed", feed.path)]).files == list_files([feed]).files


def test_files_that_come_and_go_all_the_time_never_end_a_listing(tmp_path: Path) -> None:
    (tmp_path / "stays.md").touch()
    program = """
import os, sys
os.chdir(sys.argv[1])
print("begun", flush=True)
while True:
    for number in range(50):
        os.makedirs(f"d{number}", exist_ok=True); open(f"d{number}/a", "w").close(); open(f"t{number}", "w").close()
    for number in range(50):
        os.rename(f"t{number}", f"u{number}"); os.unlink(f"u{number}"); os.unlink(f"d{number}/a")
        os.rmdir(f"d{number}")
"""
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as others:
        assert others.stdout is not None and others.stdout.readline()
        try:
            source = Folder("feed", tmp_path)
            for _ in range(200):
                paths = [path for _, path, *_ in list_files([source]).files]
                assert len(set(paths)) == len(paths) and "stays.md" in paths
                assert len(list(source.read(paths, LIMIT))) == len(paths)
        finally:
            others.kill()


def test_times_that_64_bits_do_not_hold_are_the_last_that_they_hold() -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:  # Most disks have earlier limits.
        for name, seconds in (("late", 10**12), ("early", -(10**12))):
            (Path(folder) / name).touch()
            os.utime(Path(folder) / name, (seconds, seconds))
        listing = list_files([Folder("feed", Path(folder))])
        times = listing_frame(listing)["modified_ns"].to_list()
        if times == [0, 2**63 - 1] or abs(times[0]) < 10**18:
            pytest.skip("this file system has no such times")
        assert times == [-(2**63 - 1), 2**63 - 1]
        assert "feed/late (2262-04-11 23:47:16 UTC)" in listing.remarks(0)[0]


@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
def test_a_source_that_is_neither_folder_nor_file_is_one_clear_error(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "place"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "socket":
        bind(place)
    else:
        place = Path("/dev/null")
    with pytest.raises(InputError, match=f"the source {place} is a {kind}; give a folder of documents"):
        Folder("feed", place).list()


# Reading --------------------------------------------------------------------------------------------------------------


def bind(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, chdir(place.parent):  # The path of a socket is short.
        server.bind(place.name)


def grow(file: Path) -> None:
    file.touch()
    os.truncate(file, 1_500_000_000)


def test_bytes_come_in_the_order_of_the_paths_and_a_sentence_in_the_place_of_a_file(feed: Folder) -> None:
    first, missing, last = feed.read(["deep/down/b.md", "never.md", "a.md"], LIMIT)
    assert (first, last) == (b"two", b"one")
    assert missing == "No such file or directory; it went while the source was being read; build again if it is back"


@pytest.mark.parametrize(
    ("become", "content"),
    [
        (os.mkfifo, "it is a pipe, not a file with text; remove it from the source"),
        (bind, "No such device or address; it is not a file with text; remove it from the source"),
        (Path.mkdir, "it is a folder, not a file with text; remove it from the source"),
        (lambda file: file.symlink_to("/dev/zero"), "it is a device, not a file with text; remove it from the source"),
        (lambda file: file.symlink_to(file), "Too many levels of symbolic links; a symbolic link leads to itself"),
        (grow, bytes(LIMIT + 1)),
        (lambda file: file.write_bytes(b"x" * LIMIT), b"x" * LIMIT),
    ],
    ids=["pipe", "socket", "folder", "device", "loop", "growth", "limit"],
)
def test_a_file_may_become_anything_between_listing_and_reading(
    become: Callable[[Path], object], content: bytes | str, feed: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(feed.path)
    paths = [path for _, path, *_ in feed.list().files]
    (feed.path / "a.md").unlink()
    become(feed.path / "a.md")
    found = dict(zip(paths, feed.read(paths, LIMIT), strict=True))
    assert found["deep/down/b.md"] == b"two"
    assert found["a.md"] == content or str(found["a.md"]).startswith(str(content))


def test_a_link_to_a_file_without_end_is_a_row(feed: Folder) -> None:
    endless = Path("/proc/kmsg")
    try:
        os.close(os.open(endless, os.O_RDONLY | os.O_NONBLOCK))
    except OSError as error:
        pytest.skip(f"{endless}: {error.strerror}")
    (feed.path / "a.md").unlink()
    (feed.path / "a.md").symlink_to(endless)
    (feed.path / "zero.md").symlink_to("/dev/zero")
    assert problems(feed)["zero.md"] == "it is a device, not a file with text; remove it from the source"
    [content] = feed.read(["a.md"], LIMIT)
    # Bytes where the system has logged that many.
    assert "it has no end" in content if isinstance(content, str) else len(content) == LIMIT + 1


def test_a_file_whose_size_the_system_does_not_tell_is_read_whole(feed: Folder) -> None:
    (feed.path / "a.md").unlink()
    (feed.path / "a.md").symlink_to("/proc/self/limits")
    [content] = feed.read(["a.md"], 100_000)
    assert isinstance(content, bytes) and content.startswith(b"Limit") and content.endswith(b"\n")
    assert [len(content)] == [len(content) for content in feed.read(["a.md"], len(content) - 1)]


def test_a_single_file_is_a_source_of_itself(feed: Folder) -> None:
    single = Folder("one", feed.path / "a.md")
    [[_, path, size, *_]] = single.list().files
    assert (path, size) == ("a.md", 3)
    assert list(single.read([path], LIMIT)) == [b"one"]


def test_a_source_can_be_sent_to_another_process(feed: Folder) -> None:
    assert pickle.loads(pickle.dumps(feed)) == feed
