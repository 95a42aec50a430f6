"""What a snapshot says of itself: the file `manifest.json` as a typed record."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xxhash

from pipeline.settings import Limits

DATABASE = "warehouse.duckdb"
_DIGEST = "digest"


@dataclass(frozen=True)
class StoredFile:
    """A file of a snapshot as it was written: its size, the time of its last change and the XXH3 128-bit hash of its
    bytes."""

    byte_count: int
    modified_ns: int
    content_hash: str

    @staticmethod
    def of(file: Path) -> StoredFile:
        """What there is to store of a file."""
        content_hash, status = file_hash(file), file.stat()
        return StoredFile(status.st_size, status.st_mtime_ns, content_hash)

    def is_as_stored(self, file: Path) -> bool:
        """Whether a file has the bytes that were stored: its size and time say so, or else its hash."""
        try:
            status = file.stat()
            if status.st_size != self.byte_count:
                return False
            return status.st_mtime_ns == self.modified_ns or file_hash(file) == self.content_hash
        except OSError:
            return False


@dataclass(frozen=True)
class StoredTable(StoredFile):
    """The file of a table or mart; how many rows it has, how many seconds it took, and what it was made from: other
    tables, `source_files` and reference files."""

    row_count: int
    seconds: float
    made_from: tuple[str, ...]


@dataclass(frozen=True)
class CheckOutcome:
    """What a check found: how many rows break its rule, and the first of them as column -> text."""

    offender_count: int
    sample: list[dict[str, str]]


@dataclass(frozen=True)
class SnapshotRecord:
    """How a snapshot came about.

    * `sequence`: 1 more than that of the latest snapshot before it, so that their order needs no clock
    * `built_at` (with its zone, UTC), `fingerprint` of files, code and options, `code` alone
    * `sources`: name -> where it lies; `limits` that were applied
    * counts of files and bytes of the sources, of those that this build read anew, and of outcomes by file
    * `tables`, `marts` and `views` (those that are written as files) by name, the `database`, `checks` by name
    * `seconds` by phase; `versions` of Broadsheet, Python and the libraries
    """

    sequence: int
    built_at: datetime
    fingerprint: str
    code: str
    sources: dict[str, str]
    limits: Limits
    file_count: int
    byte_count: int
    read_count: int
    read_byte_count: int
    document_count: int
    rejected_count: int
    passed_over_count: int
    tables: dict[str, StoredTable]
    marts: dict[str, StoredTable]
    views: dict[str, StoredTable]
    database: StoredFile
    checks: dict[str, CheckOutcome]
    seconds: dict[str, float]
    versions: dict[str, str]

    @property
    def files(self) -> dict[str, StoredFile]:
        """All files of the snapshot but its manifest, by their path in its folder."""
        return {
            **{f"{name}.parquet": table for name, table in self.tables.items()},
            **{f"marts/{name}.parquet": mart for name, mart in self.marts.items()},
            **{f"views/{name}.parquet": view for name, view in self.views.items()},
            DATABASE: self.database,
        }

    def to_json(self) -> str:
        """The text of manifest.json."""
        record = asdict(self) | {"built_at": self.built_at.isoformat(timespec="milliseconds")}
        return json.dumps(record | {_DIGEST: _digest(record)}, indent=2) + "\n"

    @staticmethod
    def from_json(text: str) -> SnapshotRecord:
        """The record that `to_json` wrote. Raises `ValueError` for any other text, and when one of its values was
        changed since."""
        try:
            record = json.loads(text)
            if record.pop(_DIGEST) != _digest(record):
                raise ValueError("its values are not those that were written")
            return SnapshotRecord(
                **record
                | {
                    "built_at": datetime.fromisoformat(record["built_at"]),
                    "limits": Limits(**record["limits"]),
                    "tables": _stored_tables(record["tables"]),
                    "marts": _stored_tables(record["marts"]),
                    "views": _stored_tables(record["views"]),
                    "database": StoredFile(**record["database"]),
                    "checks": {name: CheckOutcome(**outcome) for name, outcome in record["checks"].items()},
                }
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"not the record of a snapshot: {error}") from None


def _stored_tables(tables: dict[str, Any]) -> dict[str, StoredTable]:
    return {name: StoredTable(**table | {"made_from": tuple(table["made_from"])}) for name, table in tables.items()}


def file_hash(file: Path) -> str:
    """The XXH3 128-bit hash of the bytes of a file, as hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, xxhash.xxh3_128).hexdigest()


def _digest(record: dict[str, Any]) -> str:
    return xxhash.xxh3_128_hexdigest(json.dumps(record).encode())
