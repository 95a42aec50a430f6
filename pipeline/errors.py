"""Errors that end a command: one sentence that says what to do, and the exit code that scripts see."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

#: No room on the disk, none in what a user may have, and more than a file may have.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class BroadsheetError(Exception):
    """Something went wrong that the user can do something about."""

    exit_code = 1
    #: Lines that show where the mistake is.
    place = ""


class InputError(BroadsheetError):
    """What was asked for cannot be: wrong arguments, a missing or empty source, nothing built yet."""

    exit_code = 2


class QueryError(BroadsheetError):
    """A query that DuckDB does not understand or cannot run, or that asks for more than it may.

    `place` is the line of the query that is meant, with a caret below; empty where DuckDB names none.
    """

    def __init__(self, sentence: str, place: str = "") -> None:
        super().__init__(sentence)
        self.place = place


class CheckError(BroadsheetError):
    """A check that guards the warehouse found offenders, or too many files were rejected; nothing was published."""

    exit_code = 3


class BusyError(BroadsheetError):
    """Another build holds the warehouse, or another mirror was faster."""

    exit_code = 4


class StoreError(BroadsheetError):
    """An object store fails, denies access, or does not answer; what it held before, it still holds."""


class StoppedError(BroadsheetError):
    """Ctrl-C ended the command. The exit code is the one of shells: 128 and the number of the signal."""

    exit_code = 130


class WorkerError(BroadsheetError):
    """Workers on other machines cannot do what they are to do; nothing was published."""


class FullDiskError(BroadsheetError):
    """There is no room for what is to be written."""


class MemoryShortError(BroadsheetError):
    """There is less memory than what is to be made would take; it was not begun."""


def is_full_disk(error: BaseException) -> bool:
    """Whether an error says that there is no room: the system's own, or what Polars and DuckDB make of it, which name
    it in their texts only."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    text = str(error)
    # Without room for a file's footer, Polars' writer of Parquet says only this.
    if "thrift: transport error" in text:
        return True
    return any(f"os error {number})" in text or os.strerror(number) in text for number in _FULL)


@contextmanager
def optional_part(*packages: str) -> Iterator[None]:
    """Where packages that only some commands need are missing or too old, says so.

    Raises `InputError` in place of an `ImportError`.
    """
    try:
        yield
    except ImportError as error:
        needed = f"package{'s' if len(packages) > 1 else ''} {' and '.join(packages)}"
        raise InputError(
            f"this needs the {needed} ({error}); run make warehouse in a checkout, or else: "
            f"pip install --upgrade {' '.join(packages)}"
        ) from None
