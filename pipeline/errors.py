"""Errors that end a command: one sentence that says what to do, and the exit code that scripts see."""

from __future__ import annotations


class BroadsheetError(Exception):
    """Something went wrong that the user can do something about."""

    exit_code = 1


class InputError(BroadsheetError):
    """What was asked for cannot be: wrong arguments, a missing or empty source, nothing built yet."""

    exit_code = 2


class CheckError(BroadsheetError):
    """A check that guards the warehouse found offenders, or too many files were rejected; nothing was published."""

    exit_code = 3


class BusyError(BroadsheetError):
    """Another build holds the warehouse."""

    exit_code = 4


class StoppedError(BroadsheetError):
    """Ctrl-C ended the command. The exit code is the one of shells: 128 and the number of the signal."""

    exit_code = 130
