"""A source that is a folder of files, or a single file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.sources.interface import ListedFile


@dataclass(frozen=True)
class Folder:
    """A folder (or a single file) under a name. Sub-folders are walked; links to folders are not followed."""

    name: str
    path: Path

    @staticmethod
    def at(name: str, path: str) -> Folder:
        """The folder at a path as people write it; its name is the last part of the path unless one is given."""
        # Without `..`, but with links as written: the name is the last part of the path, not of where it leads.
        absolute = Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100
        return Folder(name or absolute.name, absolute)

    @property
    def location(self) -> str:
        return str(self.path.absolute())

    def list(self) -> tuple[list[ListedFile], int]:
        """Files in any order, and how many names were passed over: hidden files and folders, linked folders.

        Raises `InputError` when a folder cannot be read.
        """
        if self.path.is_file():
            return [_listed(self.name, self.path.name, self.path.stat())], 0
        files: list[ListedFile] = []
        passed_over = 0
        folders = [""]
        while folders:
            prefix = folders.pop()
            try:
                # Relative to an open folder, the system need not walk the whole path for each file.
                folder = os.open(f"{self.path}/{prefix}", os.O_RDONLY)
            except OSError as error:
                raise InputError(f"the folder {self.path}/{prefix} cannot be read: {error.strerror}") from None
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
                            files.append(_listed(self.name, path, entry.stat()))
                    except FileNotFoundError:
                        if not entry.is_symlink():
                            continue  # It went while the folder was being listed.
                        target = os.readlink(entry.name, dir_fd=folder)
                        problem = ("dangling_symlink", f"it leads to {target}, which does not exist")
                        files.append(_listed(self.name, path, entry.stat(follow_symlinks=False), problem))
                    except OSError:
                        files.append(_listed(self.name, path, entry.stat(follow_symlinks=False), _UNREADABLE))
        return files, passed_over

    def read(self, paths: Sequence[str]) -> Iterator[bytes | OSError]:
        """The bytes of each file, or why it cannot be read."""
        is_file = self.path.is_file()
        for path in paths:
            try:
                # Without a buffer, a small file costs half as much.
                with open(self.path if is_file else f"{self.path}/{path}", "rb", buffering=0) as file:  # noqa: PTH123
                    yield file.readall()
            except OSError as error:
                yield error


_UNREADABLE = ("unreadable", "the file or its name cannot be read")


@contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


def _listed(
    source_name: str, path: str, status: os.stat_result, problem: tuple[str | None, str | None] = (None, None)
) -> ListedFile:
    if problem[0] is None and not stat.S_ISREG(status.st_mode):
        problem = _UNREADABLE  # A pipe would be waited for, forever.
    if not path.isascii():
        try:
            path.encode()
        except UnicodeEncodeError:
            # A name that is not UTF-8 text cannot stand in a text column; it is shown with its bytes escaped.
            path, problem = os.fsencode(path).decode("utf-8", "backslashreplace"), _UNREADABLE
    return source_name, path, status.st_size, status.st_mtime_ns, status.st_ctime_ns, *problem
