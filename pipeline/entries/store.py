"""What was read, kept between builds: typed frames of each shard, and which file stands in which of them.

    warehouse/fragments/files-<fingerprint>-<digest>.parquet    one row per file: size, times, content hash, fragment
    warehouse/fragments/<digest>/<frame>.parquet                the frames of `entries.Fragment` of a shard

A file that did not change is not opened again. A fragment is never changed: when some of its files change or go, their
rows are left out on reading, and the fragment is read anew once it is mostly left out. All names hold a digest of the
bytes: what was damaged is not used, but read anew from its documents.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from pathlib import Path

import polars as pl
import xxhash

from pipeline.entries import Fragment
from pipeline.entries.elsewhere import read_by_dask
from pipeline.entries.fragments import is_whole
from pipeline.entries.keys import key
from pipeline.entries.shard import FILE_KEY, KILLED_HASH, in_place_of_killed, read_shard, shards_of
from pipeline.processes import map_shards
from pipeline.settings import Dask, Limits
from pipeline.sources import Listing, Source
from pipeline.sources.interface import LISTED_FILE_COLUMNS, fresh_times

#: Documents whose long texts are joined to other columns at a time: memory follows it.
PART_BYTES = 400_000_000
#: Fragments smaller than this are put together when there are many of them.
_SMALL_FILES = 2_000
_MANY_SMALL = 16

_LISTED_SCHEMA = pl.Schema(
    {name: pl.Int64() if name.endswith(("_count", "_ns")) else pl.String() for name in LISTED_FILE_COLUMNS}
)
#: One row per file. `is_trusted` says that equal times prove equal content.
FILES_SCHEMA = pl.Schema(
    {
        "source_name": pl.String(),
        "path": pl.String(),
        "byte_count": pl.Int64(),
        "modified_ns": pl.Int64(),
        "changed_ns": pl.Int64(),
        "is_trusted": pl.Boolean(),
        "content_hash": pl.String(),
        "outcome": pl.String(),
        "fragment": pl.String(),
    }
)


def listing_frame(listing: Listing) -> pl.DataFrame:
    """One row per listed file: `sources.LISTED_FILE_COLUMNS`."""
    columns = zip(*listing.files, strict=True)
    return pl.DataFrame(dict(zip(LISTED_FILE_COLUMNS, columns, strict=True)), schema=_LISTED_SCHEMA)


class FragmentStore:
    """The folder of fragments and the frame of files. Used by one build at a time."""

    def __init__(self, folder: Path, fingerprint: str, warn: Callable[[str], None] = lambda message: None) -> None:
        """`fingerprint` covers everything but the files that fragments depend on; another one makes them useless.
        `warn` hears of what was damaged."""
        self.folder = folder
        self._fingerprint = fingerprint
        self._warn = warn

    def files(self) -> pl.DataFrame:
        """The files that the last build read and whose fragments are whole; none at first, and none when that cannot be
        read."""
        files = self._stored_files()
        names = files["fragment"].unique().to_list()
        whole = pl.Series([name for name in names if is_whole(self.folder / name)], dtype=pl.String)
        kept = files.filter(pl.col("fragment").is_in(whole.implode()))
        if kept.height < files.height:
            self._warn(
                f"{len(names) - len(whole):,} of {len(names):,} fragments in {self.folder} are damaged or missing; the "
                f"{files.height - kept.height:,} files in them are read anew"
            )
        return kept

    def _stored_files(self) -> pl.DataFrame:
        """What `store` wrote, if it is whole."""
        for file in self._files_on_disk():
            try:
                content = file.read_bytes()
                if file.name == self._files_name(content):
                    files = pl.read_parquet(io.BytesIO(content))
                    if files.schema == FILES_SCHEMA:
                        return files
            except (OSError, pl.exceptions.PolarsError):
                pass
            self._warn(f"{file} is damaged; all files are read anew")
        return FILES_SCHEMA.to_frame()

    def _files_on_disk(self) -> list[Path]:
        return sorted(self.folder.glob(f"files-{self._fingerprint}-*.parquet"))

    def _files_name(self, content: bytes) -> str:
        return f"files-{self._fingerprint}-{xxhash.xxh3_64_hexdigest(content)}.parquet"

    def read(
        self,
        listed: pl.DataFrame,
        listed_at_ns: int,
        sources: Sequence[Source],
        limits: Limits,
        processes: int,
        dask: Dask | None = None,
        full: bool = False,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Read what is new or changed of the listed files (`listing_frame`). Returns all of them (`FILES_SCHEMA`, not
        yet stored) and those that were read."""
        before = self.files()
        kept = _kept(listed, FILES_SCHEMA.to_frame() if full else before)
        to_read = listed.join(kept, on=FILE_KEY, how="anti", maintain_order="left")
        if not self.folder.is_dir():
            self.folder.unlink(missing_ok=True)  # A file, or a link to nowhere.
            self.folder.mkdir(parents=True)
        shards, named, folder = shards_of(to_read), {source.name: source for source in sources}, self.folder.absolute()
        function = partial(read_shard, sources=named, folder=folder, limits=limits)
        outcomes = [FILES_SCHEMA.to_frame().select(*FILE_KEY, "content_hash", "outcome", "fragment")]
        done = 0
        # A document that kills whoever reads it must not kill this process again, nor for the first time with --full.
        mark = self.folder / "reading"
        is_apart = mark.exists() or (before["content_hash"] == KILLED_HASH).any()
        try:
            mark.touch()
            for shard, rows in (
                map_shards(function, shards, processes, in_place_of_killed, is_apart)
                if dask is None
                else read_by_dask(function, shards, named, folder, processes, is_apart, dask)
            ):
                outcomes.append(rows)
                done += len(shard)
                progress(done, to_read.height)
        finally:
            mark.unlink(missing_ok=True)
            for unfinished in self.folder.glob(".*"):  # After Ctrl-C, and of workers that were killed.
                shutil.rmtree(unfinished, ignore_errors=True)
        after, until = fresh_times(listed_at_ns)
        is_fresh = pl.any_horizontal(
            (pl.col(time) > after) & (pl.col(time) <= until) for time in ("modified_ns", "changed_ns")
        )
        # A network folder that was gone for a moment leaves no trace in the times of its files.
        was_read = pl.col("content_hash").is_not_null() | pl.col("problem").is_not_null()
        read = (
            pl.concat(outcomes)
            .join(to_read, on=FILE_KEY)
            .with_columns(is_trusted=~is_fresh & was_read)
            .select(FILES_SCHEMA.names())
        )
        return pl.concat([kept, read]).sort(FILE_KEY), read

    def parts(self, files: pl.DataFrame) -> dict[str, list[pl.LazyFrame]]:
        """Each frame of `entries.Fragment` with the rows of these files only, in parts: the fragments of a part hold
        about `PART_BYTES` of documents."""
        files = files.filter(pl.col("outcome") != "passed_over")
        fragments = files.group_by("fragment").agg(pl.col("byte_count").sum()).sort("fragment")
        part = fragments.select("fragment", part=(pl.col("byte_count").cum_sum() - 1) // PART_BYTES)
        numbered = files.join(part, on="fragment")
        parts = [self._frames(rows) for rows in numbered.partition_by("part", maintain_order=True)]
        return {name: [part[name] for part in parts] for name in Fragment.names()}

    def rejected_documents(self, files: pl.DataFrame) -> pl.LazyFrame:
        """The rows of the rejected ones of these files, of which there must be one."""
        rejected = files.filter(outcome="rejected").select(*FILE_KEY, "fragment").group_by("fragment")
        return self._frame("rejected_documents", (), {str(name): rows for (name,), rows in rejected})

    def _frames(self, files: pl.DataFrame) -> Mapping[str, pl.LazyFrame]:
        live = files.group_by("fragment").agg(live=pl.len())
        stored = self._stored_sizes(live["fragment"].to_list())
        whole = [name for name, size in live.iter_rows() if stored[name] == size]
        partly = files.filter(~pl.col("fragment").is_in(pl.Series(whole, dtype=pl.String).implode())).select(
            *FILE_KEY, "fragment", document_id=key("document", pl.concat_str("source_name", pl.lit("/"), "path"))
        )
        live_files = {str(name): rows for (name,), rows in partly.group_by("fragment", maintain_order=True)}
        return {frame_name: self._frame(frame_name, sorted(whole), live_files) for frame_name in Fragment.names()}

    def store(self, files: pl.DataFrame) -> None:
        """Remember what was read, and drop the fragments that no file needs any more."""
        buffer = io.BytesIO()
        files.write_parquet(buffer)
        name = self._files_name(buffer.getvalue())
        temporary = self.folder / f".{name}"
        temporary.write_bytes(buffer.getbuffer())
        temporary.replace(self.folder / name)
        self._remove_all_but({name, *files["fragment"].unique()})

    def clear(self) -> None:
        """Remove what builds left that read and did not publish: it may fill the disk, and no build would use it."""
        stored = self._files_on_disk()
        try:
            needed = set().union(
                *(pl.read_parquet(file, columns=["fragment"], glob=False)["fragment"] for file in stored)
            )
        except (OSError, pl.exceptions.PolarsError):
            return  # The next build finds out.
        self._remove_all_but({*(file.name for file in stored), *needed})

    def _remove_all_but(self, needed: Set[str]) -> None:
        """Remove fragments, frames of files and links of others; what cannot be removed is told."""
        for item in self.folder.iterdir() if self.folder.is_dir() else ():
            is_folder = item.is_dir() and not item.is_symlink()
            if item.name in needed or not (is_folder or item.is_symlink() or item.name.startswith(("files-", "."))):
                continue
            try:
                shutil.rmtree(item) if is_folder else item.unlink()
            except OSError as error:
                self._warn(f"{item} cannot be removed ({error.strerror}); remove it as its owner")

    def _stored_sizes(self, names: Sequence[str]) -> dict[str, int]:
        """Number of files whose rows a fragment holds."""

        def count(name: str, frame_name: str) -> int:
            rows = pl.scan_parquet(self.folder / name / f"{frame_name}.parquet", glob=False)
            return int(rows.select(pl.len()).collect().item())

        return {name: count(name, "documents") + count(name, "rejected_documents") for name in names}

    def _frame(self, frame_name: str, whole: Sequence[str], live_files: Mapping[str, pl.DataFrame]) -> pl.LazyFrame:
        def scan(names: Sequence[str]) -> pl.LazyFrame:
            return pl.scan_parquet([self.folder / name / f"{frame_name}.parquet" for name in names], glob=False)

        frames = [scan(whole)] if whole else []
        for name, live in live_files.items():
            if frame_name == "rejected_documents":
                frames.append(scan([name]).join(live.lazy().select(FILE_KEY), on=FILE_KEY, how="semi"))
            else:
                # What is gone is little; what is live would be held in memory for each fragment.
                gone = scan([name]).select("document_id").unique().join(live.lazy(), on="document_id", how="anti")
                frames.append(scan([name]).join(gone.collect().lazy(), on="document_id", how="anti"))
        return pl.concat(frames)


def damaged_items(folder: Path) -> list[Path]:
    """What lies in a folder of fragments and does not have the bytes that its name stands for."""
    return [
        item
        for item in (folder.iterdir() if folder.is_dir() else ())
        if (item.is_dir() and not is_whole(item))
        or (item.name.startswith("files-") and xxhash.xxh3_64_hexdigest(item.read_bytes()) not in item.name)
    ]


def _kept(listed: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """The files that need not be read again: trusted ones of unchanged size and times, in fragments that are worth
    keeping."""
    same = [*FILE_KEY, "byte_count", "modified_ns", "changed_ns"]
    unchanged = files.filter("is_trusted").join(
        listed.filter(pl.col("problem").is_null()).select(same), on=same, how="semi", maintain_order="left"
    )
    return _without_worn_fragments(unchanged, files)


def _without_worn_fragments(kept: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Drop the rows of fragments that are mostly left out, or small among many small ones: they are read anew."""
    sizes = files.group_by("fragment").agg(size=pl.len())
    alive = kept.group_by("fragment").agg(alive=pl.len()).join(sizes, on="fragment")
    small = alive.filter(pl.col("alive") < _SMALL_FILES)
    worn = alive.filter(pl.col("alive") * 2 < pl.col("size"))
    if small.height > _MANY_SMALL:
        worn = pl.concat([worn, small])
    return kept.join(worn, on="fragment", how="anti", maintain_order="left")
