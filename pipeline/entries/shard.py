"""Reading one shard: the bytes of some files become one fragment of typed frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import polars as pl
import xxhash

from pipeline.entries import Fragment, typed
from pipeline.entries.fragments import write_fragment
from pipeline.errors import StoreError
from pipeline.reading import read_documents
from pipeline.reading.rejections import Rejection
from pipeline.schema.tables import TABLES
from pipeline.settings import Limits
from pipeline.sources import Source

#: Text per shard. Memory follows it: a shard needs about ten times as much.
SHARD_BYTES = 32_000_000
SHARD_FILES = 8_000
FILE_KEY = ("source_name", "path")
#: Files that tell people something about the folder are not documents, unless they have front matter.
_COMPANIONS = ("readme", "license", "licence")

_KILLED = "the process that read the file died, or was busy with it for ten minutes; --full tries again"
#: Stands for the content of a file that killed its reader.
KILLED_HASH = xxhash.xxh3_128_hexdigest(_KILLED.encode())

#: Files that are read together: source name, path, bytes, and the problem known from listing with a sentence.
Shard = tuple[tuple[str, str, int, str | None, str | None], ...]


def shards_of(files: pl.DataFrame) -> list[Shard]:
    """Cut listed files into shards, in their order."""
    shards: list[Shard] = []
    shard: list[tuple[str, str, int, str | None, str | None]] = []
    size = 0
    for file in files.select(*FILE_KEY, "byte_count", "problem", "problem_detail").iter_rows():
        if shard and (size + file[2] > SHARD_BYTES or len(shard) >= SHARD_FILES):
            shards.append(tuple(shard))
            shard, size = [], 0
        shard.append(file)
        size += file[2]
    return [*shards, tuple(shard)] if shard else shards


def in_place_of_killed(shard: Shard) -> list[Shard]:
    """What is read in place of a shard that killed its readers: its halves, down to one file, which is rejected."""
    return _halves(shard) if len(shard) > 1 else [_failed(shard, _KILLED)]


def _halves(shard: Shard) -> list[Shard]:
    return [shard[: len(shard) // 2], shard[len(shard) // 2 :]]


def _failed(shard: Shard, detail: str) -> Shard:
    """A shard of one file, which is rejected without being opened."""
    [(source_name, path, byte_count, *_)] = shard
    return ((source_name, path, byte_count, "reader_failed", detail),)


def read_shard(shard: Shard, sources: Mapping[str, Source], folder: Path, limits: Limits) -> pl.DataFrame:
    """Read the files of a shard and store their fragment below `folder`.

    Returns one row per file: source_name, path, content_hash (null when it could not be opened), outcome (`document`,
    `rejected`, `passed_over`) and fragment. A file on which reading or typing raises an error is found by halving the
    shard and rejected; the others are read all the same.
    """
    try:
        fragment, rows = _read(shard, sources, limits)
    except (OSError, StoreError):
        raise
    except (Exception, pl.exceptions.PanicException) as error:
        if len(shard) == 1 and shard[0][3] is not None:
            raise  # It was not even opened.
        failed = f"{type(error).__name__}: {error}".partition("\n")[0]
        parts = _halves(shard) if len(shard) > 1 else [_failed(shard, failed)]
        return pl.concat([read_shard(part, sources, folder, limits) for part in parts])
    return rows.with_columns(fragment=pl.lit(write_fragment(fragment, folder)))


def _read(shard: Shard, sources: Mapping[str, Source], limits: Limits) -> tuple[Fragment, pl.DataFrame]:
    """The fragment of a shard, and the rows of `read_shard` without the name of the fragment."""
    contents: list[bytes] = []
    documents: list[tuple[str, str, str, int]] = []
    rejected: list[dict[str, Any]] = []
    outcomes: list[tuple[str, str, str | None, str]] = []

    def reject(source_name: str, path: str, byte_count: int, rejection: Rejection) -> str:
        if rejection.reason in ("no_front_matter", "empty") and path.rpartition("/")[2].lower().startswith(_COMPANIONS):
            return "passed_over"
        rejected.append(
            {
                "source_name": source_name,
                "path": path,
                "reason": rejection.reason,
                "detail": rejection.detail,
                "line": rejection.line,
                "column_number": rejection.column,
                "byte_count": byte_count,
            }
        )
        return "rejected"

    for (source_name, path, byte_count, problem, _), content in _contents(shard, sources, limits):
        if isinstance(content, Rejection):
            # What a rejection says of the file stands for its content; nothing is known of one that could be listed and
            # not read, so it is tried again.
            known = (
                None
                if content.reason == "unreadable" and problem is None
                else xxhash.xxh3_128_hexdigest(content.detail.encode())
            )
            outcomes.append((source_name, path, known, reject(source_name, path, byte_count, content)))
        else:
            documents.append((source_name, path, xxhash.xxh3_128_hexdigest(content), len(content)))
            contents.append(content)

    frame, numbers, rejections = read_documents(contents, limits)
    for number, (source_name, path, content_hash, byte_count) in enumerate(documents):
        rejection = rejections.get(number)
        outcome = "document" if rejection is None else reject(source_name, path, byte_count, rejection)
        outcomes.append((source_name, path, content_hash, outcome))
    files = pl.DataFrame(
        [documents[number] for number in numbers],
        schema={"source_name": pl.String, "path": pl.String, "content_hash": pl.String, "byte_count": pl.Int64},
        orient="row",
    )
    fragment = typed(
        pl.concat([files, frame], how="horizontal"),
        pl.DataFrame(rejected, schema=TABLES["rejected_documents"].polars_schema),
    )
    is_without_identity = pl.struct(FILE_KEY).is_in(
        fragment.rejected_documents.filter(reason="no_title_or_address")
        .select(pl.struct(FILE_KEY))
        .to_series()
        .implode()
    )
    rows = pl.DataFrame(
        outcomes, schema=dict.fromkeys((*FILE_KEY, "content_hash", "outcome"), pl.String), orient="row"
    ).with_columns(outcome=pl.when(is_without_identity).then(pl.lit("rejected")).otherwise("outcome"))
    return fragment, rows


def _contents(
    shard: Shard, sources: Mapping[str, Source], limits: Limits
) -> Iterator[tuple[tuple[str, str, int, str | None, str | None], bytes | Rejection]]:
    """Each file with its bytes, or with why it cannot or may not be read; files that may not are not opened."""
    for source_name, group in groupby(shard, key=itemgetter(0)):
        files = [(file, _known_rejection(*file[2:], limits)) for file in group]
        contents = sources[source_name].read(
            [file[1] for file, rejection in files if rejection is None], limits.max_bytes
        )
        for file, rejection in files:
            content = next(contents) if rejection is None else rejection
            if isinstance(content, str):
                content = Rejection("unreadable", content)
            elif isinstance(content, bytes) and len(content) > limits.max_bytes:
                content = Rejection("too_large", f"more bytes than the limit of {limits.max_bytes:,}")
            yield file, content


def _known_rejection(byte_count: int, problem: str | None, detail: str | None, limits: Limits) -> Rejection | None:
    """What is known of a file without opening it."""
    if problem is not None:
        return Rejection(problem, detail or "")
    if byte_count > limits.max_bytes:
        return Rejection("too_large", f"{byte_count:,} bytes are more than the limit of {limits.max_bytes:,}")
    return None
