"""A warehouse and its source, copied for each test, and ways to damage it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import polars as pl

from pipeline.build import Built, Watch, build_warehouse
from pipeline.settings import Options
from pipeline.sources import Source
from pipeline.sources.folder import Folder
from pipeline.warehouse.snapshots import MANIFEST, Snapshot, Warehouse

ONE_PROCESS = Options(processes=1)
FULL = replace(ONE_PROCESS, full=True)
TITLES = "select distinct title from articles order by title"


@dataclass
class BuiltCopy:
    """A copy of a built warehouse and of its source, and what builds warned of."""

    folder: Path
    warehouse: Warehouse
    warned: list[str]

    @property
    def sources(self) -> list[Source]:
        return [Folder("seeds", self.folder / "seeds")]

    def build(self, options: Options = ONE_PROCESS) -> Built:
        return build_warehouse(self.warehouse, self.sources, options, Watch(warn=self.warned.append), 0)

    def edit(self, name: str) -> None:
        """Another document, so that there is something to do."""
        (self.folder / "seeds" / f"{name}.txt").write_text(f"---\ntitle: {name}\nwebUrl: https://a.b/{name}\n---\n")

    def same_again(self) -> Snapshot:
        """Another snapshot of the same content, made current as a build does, which takes longer."""
        current = self.warehouse.current()
        folder = self.warehouse.snapshots_folder / current.name.replace("Z-", f"Z-{current.record.sequence}", 1)
        shutil.copytree(current.folder, folder, copy_function=os.link, ignore=shutil.ignore_patterns(MANIFEST))
        record = replace(current.record, sequence=current.record.sequence + 1)
        (folder / MANIFEST).write_text(record.to_json())
        with self.warehouse.lock(0):
            return self.warehouse.rollback(folder.name)

    def titles(self) -> list[str]:
        """All titles, as readers of the database and of Parquet see them."""
        with duckdb.connect(str(self.warehouse.folder / "warehouse.duckdb"), read_only=True) as connection:
            titles = [title for (title,) in connection.sql(TITLES).fetchall()]
        parquet = pl.read_parquet((self.warehouse.folder / "current").resolve() / "articles.parquet", glob=False)
        assert parquet["title"].unique().sort().to_list() == titles
        return titles


def overwrite(file: Path, content: bytes, keep_time: bool = False) -> None:
    """Write into a published file, as a careless program or a disk does."""
    status = file.stat()
    file.chmod(0o644)
    with file.open("r+b") as stream:
        stream.write(content)
        stream.truncate(max(len(content), 0) if not content else None)
    if keep_time:
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def change_titles(file: Path) -> None:
    """Readable damage: all titles are others, and the size may be, too."""
    changed = pl.read_parquet(file).with_columns(title=pl.lit("CHANGED"))
    file.chmod(0o644)
    changed.write_parquet(file)


def zeros(file: Path) -> None:
    """Damage that readers stumble over, which neither size nor time shows."""
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 16] = bytes(16)
    overwrite(file, bytes(content), keep_time=True)


def spoil_manifest(folder: Path, content: bytes | None) -> None:
    (folder / MANIFEST).unlink()
    if content is not None:
        (folder / MANIFEST).write_bytes(content)


def flip_bit(file: Path, number: int) -> None:
    content = bytearray(file.read_bytes())
    content[number * 7919 % len(content)] ^= 1 << number % 8
    file.chmod(0o644)
    file.write_bytes(content)
