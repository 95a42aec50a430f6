"""What was read, kept between builds: typed frames of each shard, and a manifest of which file stands where.

    warehouse/fragments/manifest.parquet        one row per file: size, times, content hash, fragment
    warehouse/fragments/<id>/<frame>.parquet    the frames of `entries.Fragment` for the files of one shard

A file that did not change is not opened again. A fragment is never changed: when some of its files change or go, their
rows are left out on reading, and the fragment is read anew once it is mostly left out.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import xxhash

from pipeline.entries import Fragment, typed
from pipeline.entries.keys import key
from pipeline.fingerprints import RACY_NS
from pipeline.processes import map_shards
from pipeline.reading import read_documents
from pipeline.reading.rejections import Rejection
from pipeline.schema.tables import TABLES
from pipeline.settings import Limits
from pipeline.sources import LISTED_FILE_COLUMNS, Listing, Source, file_location

#: Text per shard. Memory follows it: a shard needs about ten times as much.
SHARD_BYTES = 32_000_000
SHARD_FILES = 8_000
#: Documents whose long texts are joined to other columns at a time: memory follows it, too.
PART_BYTES = 400_000_000
#: Fragments smaller than this are put together when there are many of them.
_SMALL_FILES = 2_000
_MANY_SMALL = 16


MANIFEST_SCHEMA = pl.Schema(
    {
        "source_name": pl.String(),
        "path": pl.String(),
        "byte_count": pl.Int64(),
        "modified_ns": pl.Int64(),
        "changed_ns": pl.Int64(),
        "content_hash": pl.String(),
        "outcome": pl.String(),
        "fragment": pl.String(),
    }
)
#: In place of the time of a file's last modification: read it again, whatever its times say.
READ_AGAIN = -1
_FILE = ["source_name", "path"]
#: Files that tell people something about the folder are no documents, unless they have front matter.
_COMPANIONS = ("readme", "license", "licence")


@dataclass(frozen=True)
class Shard:
    """Files that are read together. Paths inside the source, where they lie, and problems known from listing."""

    files: tuple[tuple[str, str, str, int, str | None], ...]


@dataclass(frozen=True)
class Plan:
    """What a build has to read: `kept` manifest rows of unchanged files, and shards of all others."""

    kept: pl.DataFrame
    shards: list[Shard]


def listing_frame(listing: Listing) -> pl.DataFrame:
    """One row per listed file: `sources.LISTED_FILE_COLUMNS`."""
    columns = zip(*listing.files, strict=True)
    return pl.DataFrame(
        dict(zip(LISTED_FILE_COLUMNS, columns, strict=True)),
        schema={
            "source_name": pl.String,
            "path": pl.String,
            "byte_count": pl.Int64,
            "modified_ns": pl.Int64,
            "changed_ns": pl.Int64,
            "problem": pl.String,
        },
    )


def plan(listing: pl.DataFrame, sources: Sequence[Source], manifest: pl.DataFrame) -> Plan:
    """Hold the listing against the manifest. Unchanged size and times mean unchanged content."""
    same = [*_FILE, "byte_count", "modified_ns", "changed_ns"]
    kept = listing.filter(pl.col("problem").is_null()).join(
        manifest.select(*same, "content_hash", "outcome", "fragment"), on=same, how="inner", maintain_order="left"
    )
    kept = _without_worn_fragments(kept.drop("problem"), manifest)
    to_read = listing.join(kept, on=_FILE, how="anti", maintain_order="left")
    return Plan(kept.select(MANIFEST_SCHEMA.names()), _shards(to_read, sources))


def _without_worn_fragments(kept: pl.DataFrame, manifest: pl.DataFrame) -> pl.DataFrame:
    """Drop the rows of fragments that are mostly left out, or small among many small ones: they are read anew."""
    sizes = manifest.group_by("fragment").agg(size=pl.len())
    alive = kept.group_by("fragment").agg(alive=pl.len()).join(sizes, on="fragment")
    small = alive.filter(pl.col("alive") < _SMALL_FILES)
    worn = alive.filter(pl.col("alive") * 2 < pl.col("size"))
    if small.height > _MANY_SMALL:
        worn = pl.concat([worn, small])
    return kept.join(worn, on="fragment", how="anti", maintain_order="left")


def _shards(to_read: pl.DataFrame, sources: Sequence[Source]) -> list[Shard]:
    by_name = {source.name: source for source in sources}
    shards: list[Shard] = []
    files: list[tuple[str, str, str, int, str | None]] = []
    size = 0
    for source_name, path, byte_count, problem in to_read.select(*_FILE, "byte_count", "problem").iter_rows():
        if files and (size + byte_count > SHARD_BYTES or len(files) >= SHARD_FILES):
            shards.append(Shard(tuple(files)))
            files, size = [], 0
        files.append((source_name, path, file_location(by_name[source_name], path), byte_count, problem))
        size += byte_count
    if files:
        shards.append(Shard(tuple(files)))
    return shards


def read_shard(shard: Shard, folder: Path, limits: Limits) -> pl.DataFrame:
    """Read the files of a shard and store their fragment below `folder`.

    Returns one row per file: source_name, path, content_hash, outcome (`document`, `rejected`, `passed_over`) and
    fragment.
    """
    contents: list[bytes] = []
    documents: list[tuple[str, str, str, int]] = []
    rejected: list[dict[str, Any]] = []
    outcomes: list[tuple[str, str, str, str]] = []

    def reject(source_name: str, path: str, byte_count: int | None, rejection: Rejection) -> str:
        if rejection.reason in ("no_front_matter", "empty") and path.rpartition("/")[2].lower().startswith(_COMPANIONS):
            return "passed_over"
        rejected.append(
            {
                "source_name": source_name,
                "path": path,
                "reason": rejection.reason,
                "detail": rejection.detail,
                "line": rejection.line,
                "column": rejection.column,
                "byte_count": byte_count,
            }
        )
        return "rejected"

    for source_name, path, location, byte_count, listed_problem in shard.files:
        try:
            content = _content(location, byte_count, listed_problem, limits)
        except Rejection as rejection:
            # What a rejection says of the file stands for its content; nothing is known of one that cannot be read.
            known = "" if rejection.reason == "unreadable" else xxhash.xxh3_128_hexdigest(rejection.detail.encode())
            outcomes.append((source_name, path, known, reject(source_name, path, byte_count, rejection)))
            continue
        documents.append((source_name, path, xxhash.xxh3_128_hexdigest(content), len(content)))
        contents.append(content)

    frame, numbers, rejections = read_documents(contents, limits)
    for number, (source_name, path, content_hash, byte_count) in enumerate(documents):
        problem = rejections.get(number)
        outcome = "document" if problem is None else reject(source_name, path, byte_count, problem)
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
    without_identity = set(fragment.rejected_documents.filter(reason="no_title_or_address").select(*_FILE).iter_rows())
    rows = pl.DataFrame(
        [
            (source_name, path, content_hash, "rejected" if (source_name, path) in without_identity else outcome)
            for source_name, path, content_hash, outcome in outcomes
        ],
        schema=dict.fromkeys((*_FILE, "content_hash", "outcome"), pl.String),
        orient="row",
    )
    return rows.with_columns(fragment=pl.lit(_store(fragment, rows, folder)))


def _content(location: str, byte_count: int, problem: str | None, limits: Limits) -> bytes:
    """Bytes of a file. Raises `Rejection` for what cannot or may not be read."""
    if problem == "dangling_symlink":
        raise Rejection(problem, f"it leads to {Path(location).readlink()}, which does not exist")
    if problem is not None:
        raise Rejection(problem, "the file or its name cannot be read")
    if byte_count > limits.max_bytes:
        raise Rejection("too_large", f"{byte_count:,} bytes are more than the limit of {limits.max_bytes:,}")
    try:
        # Without a buffer, a small file costs half as much.
        with open(location, "rb", buffering=0) as file:  # noqa: PTH123
            content = file.readall()
    except OSError as error:
        raise Rejection("unreadable", error.strerror or str(error)) from None
    if len(content) > limits.max_bytes:
        raise Rejection("too_large", f"more bytes than the limit of {limits.max_bytes:,}")
    return content


def _store(fragment: Fragment, rows: pl.DataFrame, folder: Path) -> str:
    """Write a fragment under a name that follows from its files; returns the name. Writing it twice is harmless."""
    digest = xxhash.xxh3_128()
    for row in rows.iter_rows():
        digest.update("\0".join(row).encode() + b"\n")
    name = digest.hexdigest()
    target, temporary = folder / name, folder / f".{name}.{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    for frame_name in Fragment.names():
        getattr(fragment, frame_name).write_parquet(temporary / f"{frame_name}.parquet", compression="lz4")
    shutil.rmtree(target, ignore_errors=True)
    temporary.rename(target)
    return name


def _is_whole(file: Path) -> bool:
    """Whether a Parquet file was written to its end: after a power cut or on a full disk the end is what is missing."""
    try:
        with file.open("rb", buffering=0) as stream:
            stream.seek(-4, os.SEEK_END)
            return stream.read() == b"PAR1"
    except OSError:
        return False


class FragmentStore:
    """The folder of fragments and its manifest. Used by one build at a time."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """`fingerprint` covers everything but the files that fragments depend on; another one makes them useless."""
        self.folder = folder
        self._manifest = folder / f"manifest-{fingerprint}.parquet"

    def manifest(self) -> pl.DataFrame:
        """What was read by the last build; empty at first, and when it cannot be read."""
        try:
            frame = pl.read_parquet(self._manifest)
        except (OSError, pl.exceptions.PolarsError):
            return MANIFEST_SCHEMA.to_frame()
        return frame if frame.schema == MANIFEST_SCHEMA else MANIFEST_SCHEMA.to_frame()

    def read(
        self,
        listing: pl.DataFrame,
        sources: Sequence[Source],
        limits: Limits,
        processes: int,
        listed_at_ns: int,
        full: bool = False,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Read what is new or changed. Returns the new manifest (not yet stored) and the rows that were read."""
        manifest = MANIFEST_SCHEMA.to_frame() if full else self.manifest()
        manifest = manifest.filter(pl.col("fragment").is_in(self._present().implode()))
        todo = plan(listing, sources, manifest)
        self.folder.mkdir(parents=True, exist_ok=True)
        total = sum(len(shard.files) for shard in todo.shards)
        done = 0
        results: list[pl.DataFrame] = []
        for shard, rows in map_shards(partial(read_shard, folder=self.folder, limits=limits), todo.shards, processes):
            results.append(rows)
            done += len(shard.files)
            progress(done, total)
        read = (
            pl.concat(results)
            if results
            else MANIFEST_SCHEMA.to_frame().drop("byte_count", "modified_ns", "changed_ns")
        )
        is_racy = pl.max_horizontal("modified_ns", "changed_ns") > listed_at_ns - RACY_NS
        # A network folder that was gone for a moment leaves no trace in the times of its files.
        is_unread = (pl.col("content_hash") == "") & pl.col("problem").is_null()
        read = (
            read.join(listing, on=_FILE)
            .with_columns(modified_ns=pl.when(is_racy | is_unread).then(READ_AGAIN).otherwise("modified_ns"))
            .select(MANIFEST_SCHEMA.names())
        )
        return pl.concat([todo.kept, read]).sort(*_FILE), read

    def parts(self, manifest: pl.DataFrame) -> list[Mapping[str, pl.LazyFrame]]:
        """Lazy frames of `entries.Fragment` with the rows of live files only, some fragments at a time: together they
        hold about `PART_BYTES` of documents."""
        manifest = manifest.filter(pl.col("outcome") != "passed_over")
        fragments = manifest.group_by("fragment").agg(pl.col("byte_count").sum()).sort("fragment")
        part = fragments.select("fragment", part=(pl.col("byte_count").cum_sum() - 1) // PART_BYTES)
        numbered = manifest.join(part, on="fragment")
        return [self._frames(rows) for rows in numbered.partition_by("part", maintain_order=True)]

    def _frames(self, manifest: pl.DataFrame) -> Mapping[str, pl.LazyFrame]:
        live = manifest.group_by("fragment").agg(live=pl.len())
        stored = self._stored_sizes(live["fragment"].to_list())
        whole = [name for name, size in live.iter_rows() if stored[name] == size]
        partly = manifest.filter(~pl.col("fragment").is_in(pl.Series(whole, dtype=pl.String).implode())).select(
            *_FILE, "fragment", document_id=key("document", pl.concat_str("source_name", pl.lit("/"), "path"))
        )
        live_files = {str(name): rows for (name,), rows in partly.group_by("fragment", maintain_order=True)}
        return {frame_name: self._frame(frame_name, sorted(whole), live_files) for frame_name in Fragment.names()}

    def store(self, manifest: pl.DataFrame) -> None:
        """Remember what was read, and drop the fragments that no file needs any more."""
        temporary = self._manifest.with_suffix(f".{os.getpid()}")
        manifest.write_parquet(temporary)
        temporary.replace(self._manifest)
        needed = {self._manifest.name, *manifest["fragment"].unique()}
        for item in self.folder.iterdir():
            if item.name not in needed:
                shutil.rmtree(item) if item.is_dir() else item.unlink()

    def _present(self) -> pl.Series:
        """Names of the fragments that are whole."""
        folders = self.folder.iterdir() if self.folder.exists() else ()
        names = [
            folder.name
            for folder in folders
            if all(_is_whole(folder / f"{frame_name}.parquet") for frame_name in Fragment.names())
        ]
        return pl.Series(names, dtype=pl.String)

    def _stored_sizes(self, names: Sequence[str]) -> dict[str, int]:
        """Number of files whose rows a fragment holds."""

        def rows(name: str, frame_name: str) -> int:
            return int(pl.scan_parquet(self.folder / name / f"{frame_name}.parquet").select(pl.len()).collect().item())

        return {name: rows(name, "documents") + rows(name, "rejected_documents") for name in names}

    def _frame(self, frame_name: str, whole: Sequence[str], live_files: Mapping[str, pl.DataFrame]) -> pl.LazyFrame:
        def scan(names: Sequence[str]) -> pl.LazyFrame:
            return pl.scan_parquet([self.folder / name / f"{frame_name}.parquet" for name in names])

        frames = [scan(whole)] if whole else []
        for name, live in live_files.items():
            if frame_name == "rejected_documents":
                frames.append(scan([name]).join(live.lazy().select(_FILE), on=_FILE, how="semi"))
            else:
                # What is gone is little; what is live would be held in memory for each fragment.
                gone = scan([name]).select("document_id").unique().join(live.lazy(), on="document_id", how="anti")
                frames.append(scan([name]).join(gone.collect().lazy(), on="document_id", how="anti"))
        return pl.concat(frames)
