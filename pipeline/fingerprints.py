"""Did anything change since the last build? Answered from file times and sizes, before anything heavy is imported."""

from __future__ import annotations

import json
import marshal
from collections.abc import Iterable
from functools import cache
from operator import itemgetter
from pathlib import Path

import xxhash

from pipeline.settings import PACKAGE_FOLDER, PROJECT_FOLDER, SQL_FOLDER, Options
from pipeline.sources import LISTED_FILE_COLUMNS, Listing

#: What the fragments of read documents depend on, besides the documents.
_READING_FOLDERS = ("schema", "reading", "entries", "reference")
#: A file changed so shortly before it was listed may change again without a trace in its times.
RACY_NS = 2_000_000_000
_MODIFIED, _CHANGED = map(LISTED_FILE_COLUMNS.index, ("modified_ns", "changed_ns"))


def listing_fingerprint(listing: Listing, listed_at_ns: int) -> str | None:
    """Fingerprint of names, sizes and times; None when a file is so fresh that its times prove nothing."""
    times = (max(map(itemgetter(column), listing.files)) for column in (_MODIFIED, _CHANGED))
    if max(times) > listed_at_ns - RACY_NS:
        return None
    return xxhash.xxh3_128_hexdigest(marshal.dumps((listing.files, sorted(listing.passed_over.items())), 2))


@cache
def reading_fingerprint() -> str:
    """Fingerprint of the code and reference data that reading depends on."""
    return _fingerprint_of_files(file for folder in _READING_FOLDERS for file in (PACKAGE_FOLDER / folder).glob("*.*"))


@cache
def code_fingerprint() -> str:
    """Fingerprint of all code, SQL and reference data: a change of it makes a new snapshot."""
    code = (file for suffix in ("py", "csv") for file in PACKAGE_FOLDER.rglob(f"*.{suffix}"))
    return _fingerprint_of_files([*code, *SQL_FOLDER.rglob("*.sql")])


def options_fingerprint(options: Options) -> str:
    """Fingerprint of the options that decide what becomes a document."""
    return f"{options.limits.max_bytes}-{options.limits.max_depth}"


class LastBuild:
    """What the last build saw: a small file beside the fragments."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "last-build.json"

    def snapshot_of(self, listing: str | None, options: Options) -> str | None:
        """Name of the snapshot that was built from exactly this; None when it must be looked at more closely."""
        try:
            last = json.loads(self._file.read_text())
            seen, snapshot = last["seen"], str(last["snapshot"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return snapshot if listing and seen == self._seen(listing, options) else None

    def remember(self, listing: str | None, options: Options, snapshot: str) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_suffix(".new")
        temporary.write_text(json.dumps({"seen": self._seen(listing, options), "snapshot": snapshot}))
        temporary.replace(self._file)

    @staticmethod
    def _seen(listing: str | None, options: Options) -> list[str | None]:
        return [listing, code_fingerprint(), options_fingerprint(options)]


def _fingerprint_of_files(files: Iterable[Path]) -> str:
    digest = xxhash.xxh3_128()
    for file in sorted(files):
        digest.update(str(file.relative_to(PROJECT_FOLDER)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
