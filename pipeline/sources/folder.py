"""A source that is a folder of files, or a single file."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from pipeline.errors import InputError
from pipeline.sources.interface import Found, ListedFile
from pipeline.sources.names import bytes_as_text, path_as_text, path_of_text
from pipeline.sources.own_folders import is_own, lies_in_warehouse

URI = "file://"
#: What helps, by what the system says.
_ADVICE = {
    errno.EACCES: "give the user who builds the right to read it",
    errno.EPERM: "give the user who builds the right to read it",
    errno.ENAMETOOLONG: "its path is too long for the system; shorten it, or give a folder nearer to it as a source",
    errno.ELOOP: "a symbolic link leads to itself; mend it or remove it",
    errno.ENOENT: "it went while the source was being read; build again if it is back",
    errno.ENOTDIR: "it was replaced while the source was being read; build again",
    errno.ENXIO: "it is not a file with text; remove it from the source",
    errno.EAGAIN: "it has no end, its reader would have to wait; remove it, or the link to it, from the source",
    errno.EMFILE: "allow the process more open files (ulimit -n)",
}
_OTHER_ADVICE = "look after the disk or the network folder, and build again"
#: What is not a file of bytes, by its type.
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}
#: Times that 64 bits hold; on some file systems people can set others.
_MAX_NS = 2**63 - 1
_CHUNK_BYTES = 1_000_000


@dataclass(frozen=True)
class Folder:
    """A folder (or a single file) under a name. Sub-folders are walked; links to folders are not followed."""

    name: str
    path: Path

    @staticmethod
    def at(name: str, path: str) -> Folder:
        """The folder at a path as people write it, or at a `location`; its name is the last part of the path unless one
        is given."""
        if path.startswith(URI):
            path = os.fsdecode(unquote_to_bytes(path.removeprefix(URI)))
        # Without `..`, but with links as written: the name is the last part of the path, not of where it leads.
        absolute = Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111
        return Folder(bytes_as_text(name or absolute.name), absolute)

    @property
    def location(self) -> str:
        """The absolute path; as a `file://` address when the path is not text."""
        path = self.path.absolute()
        return str(path) if bytes_as_text(str(path)) == str(path) else path.as_uri()

    def look(self) -> None:
        """Raises `OSError` when it is not there, `ValueError` when its path cannot be one."""
        self.path.stat()

    def list(self) -> Found:
        """Every file, and as a file with a problem each folder that cannot be read. What goes meanwhile was not there.

        Raises `InputError` when the source itself cannot be read, or is a folder of Broadsheet's own.
        """
        found = Found()
        folders: list[str] = []
        try:
            status = self.path.stat()
            if stat.S_ISREG(status.st_mode):
                found.files.append(_listed(self.name, self.path.name, status))
                return found
            if not stat.S_ISDIR(status.st_mode):
                raise InputError(f"the source {self.location} is {_kind(status)}; give a folder of documents")
            with _opened(self.path) as folder:
                if is_own(folder) or lies_in_warehouse(self.path):
                    raise InputError(
                        f"the source {self.location} is a folder that Broadsheet itself writes (a warehouse or a run "
                        "history); give a folder of documents"
                    )
                _list_folder(self.name, folder, "", found, folders)
        except OSError as error:
            raise InputError(f"the source {self.location} cannot be read: {why_unreadable(error)}") from None
        while folders:
            path = folders.pop()
            try:
                # A folder that was replaced by a link is not followed, as any other one.
                with _opened(f"{self.path}/{path}", os.O_NOFOLLOW) as folder:
                    if is_own(folder):
                        found.passed_over += 1
                        found.left_out.append(path_as_text(path))
                    else:
                        _list_folder(self.name, folder, f"{path}/", found, folders)
            except FileNotFoundError:
                continue
            except OSError as error:
                found.files.append(_unreadable(self.name, path, error))
        return found

    def read(self, paths: Sequence[str], max_bytes: int) -> Iterator[bytes | str]:
        """The bytes of each file, or why it cannot be read. None is waited for, and none is read much further than
        `max_bytes`, whatever became of it since it was listed."""
        root = str(self.path)
        is_file = os.path.isfile(root)  # noqa: PTH113
        for path in paths:
            try:
                yield _content(root if is_file else f"{root}/{path_of_text(path)}", max_bytes + 1)
            except OSError as error:
                yield why_unreadable(error)


def why_unreadable(error: OSError) -> str:
    """What the system says, and what helps."""
    return f"{error.strerror or error}; {_ADVICE.get(error.errno or 0, _OTHER_ADVICE)}"


@contextmanager
def _opened(folder: str | Path, flags: int = 0) -> Iterator[int]:
    """An open folder: relative to it, the system need not walk the whole path for each file."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _list_folder(source_name: str, folder: int, prefix: str, found: Found, folders: list[str]) -> None:
    """Add what an open folder holds to what was found, and its sub-folders to those that are still to be listed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                found.passed_over += 1
                continue
            path = prefix + entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                elif entry.is_symlink() and entry.is_dir():
                    found.passed_over += 1
                else:
                    found.files.append(_listed(source_name, path, entry.stat()))
            except FileNotFoundError:
                found.files += _dangling(source_name, path, folder, entry.name)
            except OSError as error:
                found.files.append(_unreadable(source_name, path, error))


def _content(path: str, limit: int) -> bytes | str:
    """The bytes of a file up to a limit; for what is not a file of bytes, a sentence."""
    # A pipe that it was replaced by would otherwise be waited for, for ever.
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            return _not_a_file(status)
        chunks = [os.read(file, min(status.st_size + 1, limit))]
        missing = limit - len(chunks[0])
        while missing and (chunk := os.read(file, min(_CHUNK_BYTES, missing))):
            chunks.append(chunk)
            missing -= len(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)
    finally:
        os.close(file)


def _listed(source_name: str, path: str, status: os.stat_result) -> ListedFile:
    problem, detail = None, None
    if not stat.S_ISREG(status.st_mode):
        problem, detail = "unreadable", _not_a_file(status)
    modified_ns = status.st_mtime_ns
    if not -_MAX_NS <= modified_ns <= _MAX_NS:
        modified_ns = _MAX_NS if modified_ns > 0 else -_MAX_NS
    if not path.isascii() or "\\" in path:
        path = path_as_text(path)
    return source_name, path, status.st_size, modified_ns, status.st_ctime_ns, problem, detail


def _kind(status: os.stat_result) -> str:
    return _KINDS.get(stat.S_IFMT(status.st_mode), "not a file")


def _not_a_file(status: os.stat_result) -> str:
    return f"it is {_kind(status)}, not a file with text; remove it from the source"


def _unreadable(source_name: str, path: str, error: OSError) -> ListedFile:
    return source_name, path_as_text(path), 0, 0, 0, "unreadable", why_unreadable(error)


def _dangling(source_name: str, path: str, folder: int, name: str) -> list[ListedFile]:
    """A link that leads nowhere; nothing for a file that went while the folder was being listed."""
    try:
        target = os.readlink(name, dir_fd=folder)
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return []
    _, text, size, modified_ns, changed_ns, *_ = _listed(source_name, path, status)
    detail = f"it leads to {bytes_as_text(target)}, which does not exist"
    return [(source_name, text, size, modified_ns, changed_ns, "dangling_symlink", detail)]
