"""What a build depends on besides the documents: fingerprints of code, reference data and options."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import xxhash

from pipeline.settings import PACKAGE_FOLDER, PROJECT_FOLDER, SQL_FOLDER, Limits

#: What the fragments of read documents depend on, and what tables depend on in addition.
_READING = ("schema", "reference", "sources", "reading", "entries")
_TABLES = (*_READING, "tables")
#: Libraries whose rules and lists decide what an address is and where a registered name starts.
_READING_LIBRARIES = ("ada-url", "publicsuffixlist")
#: Folders that no number depends on.
_SHELLS = ("dashboard", "orchestration", "terminal", "samples")


@cache
def reading_fingerprint() -> str:
    """Fingerprint of the code, libraries and reference data that reading depends on."""
    return _fingerprint_of_files(file for folder in _READING for file in (PACKAGE_FOLDER / folder).glob("*.*"))


@cache
def table_fingerprint() -> str:
    """Fingerprint of the code, libraries and reference data that tables depend on."""
    return _fingerprint_of_files(file for folder in _TABLES for file in (PACKAGE_FOLDER / folder).glob("*.*"))


@cache
def code_fingerprint() -> str:
    """Fingerprint of all code, libraries, SQL and reference data of a snapshot: a change of it makes a new one."""
    files = [*PACKAGE_FOLDER.rglob("*.py"), *PACKAGE_FOLDER.rglob("*.csv")]
    numbers = [file for file in files if file.relative_to(PACKAGE_FOLDER).parts[0] not in _SHELLS]
    return _fingerprint_of_files([*numbers, *SQL_FOLDER.rglob("*.sql")])


def limits_fingerprint(limits: Limits) -> str:
    """Fingerprint of the options that decide what becomes a document."""
    return f"{limits.max_bytes}-{limits.max_depth}-{limits.max_values}"


def _fingerprint_of_files(files: Iterable[Path]) -> str:
    """Fingerprint of these files and of the libraries; reading, on which all else depends, uses them."""
    digest = xxhash.xxh3_128()
    for library in _READING_LIBRARIES:
        digest.update(f"{library} {version(library)}".encode() + b"\0")
    for file in sorted(files):
        digest.update(str(file.relative_to(PROJECT_FOLDER)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
