"""What a snapshot says of itself: the file `manifest.json` as a typed record."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pipeline.settings import Limits


@dataclass(frozen=True)
class StoredTable:
    """A table or mart as it was written: rows, bytes, digest of its file, seconds it took, and what it was made from:
    other tables, `source_files` and reference files."""

    row_count: int
    byte_count: int
    content_hash: str
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

    * `built_at` (with its zone, UTC), `fingerprint` of files, code and options, `code` alone
    * `sources`: name -> where it lies; `limits` that were applied
    * counts of files and bytes of the sources, of those that this build read anew, and of outcomes by file
    * `tables`, `marts` and `views` (those that are written as files) by name, `checks` by name
    * `seconds` by phase; `versions` of Broadsheet, Python and the libraries
    """

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
    checks: dict[str, CheckOutcome]
    seconds: dict[str, float]
    versions: dict[str, str]

    def to_json(self) -> str:
        """The text of manifest.json."""
        return (
            json.dumps(asdict(self) | {"built_at": self.built_at.isoformat(timespec="milliseconds")}, indent=2) + "\n"
        )

    @staticmethod
    def from_json(text: str) -> SnapshotRecord:
        """The record that `to_json` wrote. Raises `ValueError` for any other text."""
        try:
            record = json.loads(text)
            return SnapshotRecord(
                **record
                | {
                    "built_at": datetime.fromisoformat(record["built_at"]),
                    "limits": Limits(**record["limits"]),
                    "tables": _stored_tables(record["tables"]),
                    "marts": _stored_tables(record["marts"]),
                    # A snapshot of an earlier version has no such files.
                    "views": _stored_tables(record.get("views", {})),
                    "checks": {name: CheckOutcome(**outcome) for name, outcome in record["checks"].items()},
                }
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"not the record of a snapshot: {error}") from None


def _stored_tables(tables: dict[str, Any]) -> dict[str, StoredTable]:
    return {name: StoredTable(**table | {"made_from": tuple(table["made_from"])}) for name, table in tables.items()}
