"""Where documents come from. Bytes, paths and times only; nothing is interpreted.

A kind of source is one file that fulfills `interface.Source`, and a line in `source_at`, which all that names a source
goes through.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import pairwise, permutations
from pathlib import Path

from pipeline.errors import InputError
from pipeline.sources.bucket import Bucket
from pipeline.sources.folder import Folder, why_unreadable
from pipeline.sources.interface import ListedFile, Listing, Source
from pipeline.sources.names import path_as_text
from pipeline.stores import is_store

__all__ = ["Listing", "Source", "argument", "list_files", "parse_source", "parse_sources", "source_at"]

_EXAMPLE = "broadsheet build seeds"
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://")


def source_at(name: str, location: str) -> Source:
    """The source of this name at a path or an address as people write it, or at `Source.location`. Without a name it
    has that of its place."""
    return Bucket.at(name, location) if is_store(location) else Folder.at(name, location)


def parse_source(text: str) -> Source:
    """A source from `PATH` or `NAME=PATH`; the default name is the last part of the path. A path that is there is a
    path, also when it holds an equals sign, and so is an address: of a bucket (`s3://`, `gs://`, `az://`), or of a
    folder (`file://`, which can say what is not text).

    Raises `InputError` when the path is empty or not there, or when there is no name.
    """
    name, separator, path = text.partition("=")
    if not separator or _ADDRESS.match(text) or os.path.exists(text):  # noqa: PTH110
        name, path = "", text
    if not path:
        # An unset variable of a script; as a path, it would be the working folder.
        raise InputError(f"the source {text!r} has no path; give a folder of documents, for example: {_EXAMPLE}")
    source = source_at(name, path)
    try:
        source.look()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # A name with a NUL is not there, either.
        raise InputError(
            f"the source {path_as_text(path)} does not exist; give a folder of documents, for example: {_EXAMPLE}"
        ) from None
    except OSError as error:
        raise InputError(f"the source {path_as_text(path)} cannot be read: {why_unreadable(error)}") from None
    if not source.name or "/" in source.name:
        raise InputError(f"the source {text!r} needs a name without slashes: NAME=PATH")
    return source


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
    alone = source_at("", source.location).name == source.name
    # A path with an equals sign in its last part would be read as another name and another path.
    return source.location if alone else f"{source.name}={source.location}"


def list_files(sources: Sequence[Source]) -> Listing:
    """List all files of all sources.

    Raises `InputError` when a source holds no file at all, or cannot be listed.
    """
    files: list[ListedFile] = []
    passed_over: dict[str, int] = {}
    notes = _overlaps(sources)
    for source in sources:
        found = source.list()
        if not found.files:
            raise InputError(f"the source {source.location} holds no documents; give a folder with at least one file")
        # A name that went and came back while its folder was listed may be there twice.
        by_path = {file[1]: file for file in found.files}
        files += [by_path[path] for path in sorted(by_path)]
        passed_over[source.name] = found.passed_over
        notes += [
            f"{source.location}/{path} is a folder that Broadsheet itself writes (a warehouse or a run history); the "
            f"source {source.name} is read without it"
            for path in sorted(found.left_out)
        ]
    return Listing(files, passed_over, notes)


def _overlaps(sources: Sequence[Source]) -> list[str]:
    """A sentence for each source that lies inside another one."""
    places = [
        (source.name, Path(os.path.realpath(source.path) if isinstance(source, Folder) else source.location))
        for source in sources
    ]
    return [
        f"the source {inner} lies inside the source {outer}: its files are documents of both"
        for (outer, above), (inner, below) in permutations(places, 2)
        if above in below.parents or (above == below and outer < inner)
    ]
