"""Documents to measure on: a flat folder of exactly so many, taken from a folder of yours or generated."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pipeline.reading.rejections import Rejection
from pipeline.reading.yaml_reader import read_document
from pipeline.settings import Limits


@dataclass(frozen=True)
class Corpus:
    """Documents in one flat folder, in the order of their names; `origin` says in words where they are from."""

    folder: Path
    files: list[str]
    byte_count: int
    origin: str

    @property
    def sentence(self) -> str:
        size = self.byte_count / 1e6
        return f"{len(self.files):,} documents, {size:,.1f} MB, {self.byte_count / len(self.files):,.0f} bytes each"


def corpus_options(default_documents: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options `--documents` and `--corpus` for a command."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option(
            "--corpus",
            "origin",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="Take the documents from this folder. Default: generate them.",
        )(command)
        return click.option("--documents", default=default_documents, show_default=True, help="How many documents.")(
            command
        )

    return add


def is_readable(content: bytes) -> bool:
    """The reference reader makes a document of it."""
    try:
        read_document(content, Limits())
    except Rejection:
        return False
    return True


@contextmanager
def prepared_corpus(
    count: int, origin: Path | None, to_be_changed: bool = False, is_wanted: Callable[[bytes], bool] = is_readable
) -> Iterator[Corpus]:
    """`count` documents in a temporary folder, all of them wanted; `origin` tells how many were left out.

    The files are hard links to the origin's, or copies where links are impossible or the files are `to_be_changed`.
    Raises `click.UsageError` when the origin holds fewer.
    """
    with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as temporary:
        if origin is None:
            source, words = Path(temporary, "generated"), "generated"
            from pipeline.samples import generate_corpus

            # A few more than needed, should some be made so that they cannot be read.
            generate_corpus(count + count // 10 + 100, source)
        else:
            source, words = origin, f"from {origin}"
        folder = Path(temporary, "documents")
        folder.mkdir()
        left_out = 0
        files: list[str] = []
        byte_count = 0
        for file in _files(source):
            if len(files) == count:
                break
            content = file.read_bytes()
            if not is_wanted(content):
                left_out += 1
                continue
            target = folder / f"{len(files):07}{file.suffix}"
            _link_or_copy(file, target, to_be_changed)
            files.append(str(target))
            byte_count += len(content)
        if len(files) < count:
            raise click.UsageError(f"{source} holds no more than {len(files):,} fit documents; ask for fewer")
        if left_out:
            words += f", {left_out:,} others left out as unfit"
        yield Corpus(folder, files, byte_count, words)


def _files(folder: Path) -> Iterator[Path]:
    for path, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield Path(path, name)


def _link_or_copy(file: Path, target: Path, to_be_changed: bool) -> None:
    if not to_be_changed:
        try:
            os.link(file, target)
            return
        except OSError:
            pass  # Another file system, or one without hard links.
    shutil.copyfile(file, target)
