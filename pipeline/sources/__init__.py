"""Where documents come from. Bytes, paths and times only; nothing is interpreted.

A kind of source is one file that fulfills `interface.Source`, and a line in `source_at`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from operator import itemgetter
from pathlib import Path

from pipeline.errors import InputError
from pipeline.sources.folder import Folder
from pipeline.sources.interface import ListedFile, Listing, Source

__all__ = ["Listing", "Source", "argument", "list_files", "parse_source", "parse_sources", "source_at"]

_EXAMPLE = "broadsheet build seeds"


def source_at(name: str, location: str) -> Source:
    """The source of this name at `Source.location`."""
    return Folder(name, Path(location))


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
    folder = Folder.at(name, path)
    if not folder.path.exists():
        raise InputError(f"the source {path} does not exist; give a folder of documents, for example: {_EXAMPLE}")
    if not folder.name or "/" in folder.name:
        raise InputError(f"the source {text!r} needs a name without slashes: NAME=PATH")
    return folder


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


def argument(source: Source) -> str:
    """The text that `parse_source` takes for a source, whatever the working folder."""
    alone = source.location.rpartition("/")[2] == source.name
    # A path with an equals sign in its last part would be read as another name and another path.
    return source.location if alone else f"{source.name}={source.location}"


def list_files(sources: Sequence[Source]) -> Listing:
    """List all files of all sources.

    Raises `InputError` when a source holds no file at all, or cannot be listed.
    """
    files: list[ListedFile] = []
    passed_over: dict[str, int] = {}
    for source in sources:
        found, passed_over[source.name] = source.list()
        if not found:
            raise InputError(f"the source {source.location} holds no documents; give a folder with at least one file")
        found.sort(key=itemgetter(1))
        files += found
    return Listing(files, passed_over)
