"""Where documents come from: folders of files. Bytes and paths only; nothing is interpreted."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from pathlib import Path

from pipeline.errors import InputError

_EXAMPLE = "broadsheet build seeds"


@dataclass(frozen=True)
class Source:
    """A folder (or a single file) under a name. Paths inside are relative, so that the same files under the same name
    give the same warehouse wherever they lie."""

    name: str
    location: Path


#: A file of a source: source name, path inside it with forward slashes, bytes, the times of its last modification and
#: change in nanoseconds, and a rejection reason if one is known without opening it. A plain tuple: there are millions.
ListedFile = tuple[str, str, int, int, int, str | None]
LISTED_FILE_COLUMNS = ("source_name", "path", "byte_count", "modified_ns", "changed_ns", "problem")


@dataclass(frozen=True)
class Listing:
    """All files of all sources in the order of source name and path, and how many names were passed over per source
    (hidden files and folders, linked folders)."""

    files: list[ListedFile]
    passed_over: dict[str, int]


def parse_source(text: str) -> Source:
    """A source from `PATH` or `NAME=PATH`; the default name is the last part of the path. A path that is there is a
    path, also when it holds an equals sign.

    Raises `InputError` when the path is empty or not there, or when there is no name.
    """
    name, separator, path = text.partition("=")
    if not separator or Path(text).exists():
        name, path = "", text
    if not path:
        # An unset variable of a script; as a path, it would be the working folder.
        raise InputError(f"the source {text!r} has no path; give a folder of documents, for example: {_EXAMPLE}")
    # Without `..`, but with links as they are written: the name is the last part of the path, not of where it leads.
    location = Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100
    if not location.exists():
        raise InputError(f"the source {path} does not exist; give a folder of documents, for example: {_EXAMPLE}")
    name = name or location.name
    if not name or "/" in name:
        raise InputError(f"the source {text!r} needs a name without slashes: NAME=PATH")
    return Source(name, location)


def parse_sources(texts: Sequence[str]) -> list[Source]:
    """Sources in the order of their names. Raises `InputError` when two have the same name."""
    sources = sorted(map(parse_source, texts), key=lambda source: source.name)
    for first, second in pairwise(sources):
        if first.name == second.name:
            raise InputError(
                f"two sources are named {first.name!r} ({first.location} and {second.location}); "
                "name one of them: NAME=PATH"
            )
    return sources


def list_files(sources: Sequence[Source]) -> Listing:
    """List all files of all sources. Sub-folders are walked; links to folders are not followed.

    Raises `InputError` when a source holds no file at all.
    """
    files: list[ListedFile] = []
    passed_over: dict[str, int] = {}
    for source in sources:
        found, passed_over[source.name] = _walk(source)
        if not found:
            raise InputError(f"the source {source.location} holds no documents; give a folder with at least one file")
        found.sort(key=itemgetter(1))
        files += found
    return Listing(files, passed_over)


def file_location(source: Source, path: str) -> str:
    """Where the file of a listing lies on this machine."""
    return str(source.location) if source.location.is_file() else f"{source.location}/{path}"


def _walk(source: Source) -> tuple[list[ListedFile], int]:
    """Files below a source in any order, and how many names were passed over."""
    if source.location.is_file():
        return [_listed(source.name, source.location.name, source.location.stat())], 0
    files: list[ListedFile] = []
    passed_over = 0
    folders = [""]
    while folders:
        prefix = folders.pop()
        try:
            # Relative to an open folder, the system need not walk the whole path for each file.
            folder = os.open(f"{source.location}/{prefix}", os.O_RDONLY)
        except OSError as error:
            raise InputError(f"the folder {source.location}/{prefix} cannot be read: {error.strerror}") from None
        with _closing(folder), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    passed_over += 1
                    continue
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append(path + "/")
                    continue
                try:
                    if entry.is_symlink() and entry.is_dir():
                        passed_over += 1
                    else:
                        files.append(_listed(source.name, path, entry.stat()))
                except FileNotFoundError:
                    files.append(_listed(source.name, path, entry.stat(follow_symlinks=False), "dangling_symlink"))
                except OSError:
                    files.append(_listed(source.name, path, entry.stat(follow_symlinks=False), "unreadable"))
    return files, passed_over


@contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


def _listed(source_name: str, path: str, status: os.stat_result, problem: str | None = None) -> ListedFile:
    if problem is None and not stat.S_ISREG(status.st_mode):
        problem = "unreadable"  # A pipe would be waited for, forever.
    if not path.isascii():
        try:
            path.encode()
        except UnicodeEncodeError:
            # A name that is no UTF-8 text cannot stand in a text column; it is shown with its bytes escaped.
            path, problem = os.fsencode(path).decode("utf-8", "backslashreplace"), "unreadable"
    return source_name, path, status.st_size, status.st_mtime_ns, status.st_ctime_ns, problem
