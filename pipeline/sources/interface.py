"""What a kind of source has to know: its name and place, which files it holds, and their bytes."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Protocol

import xxhash

#: A file of a source: source name, path inside it with forward slashes, bytes, the times of its last modification and
#: change in nanoseconds, and, if it is known without opening it that it cannot be read, the reason of rejection and a
#: sentence. A plain tuple: there are millions.
ListedFile = tuple[str, str, int, int, int, str | None, str | None]
LISTED_FILE_COLUMNS = ("source_name", "path", "byte_count", "modified_ns", "changed_ns", "problem", "problem_detail")
_MODIFIED, _CHANGED = map(LISTED_FILE_COLUMNS.index, ("modified_ns", "changed_ns"))
#: A file changed so shortly before it was listed may change again without a trace in its times.
RACY_NS = 2_000_000_000


class Source(Protocol):
    """Files under a name. Paths inside are relative, so that the same files under the same name give the same warehouse
    wherever they lie. It is sent to other processes, so it holds no open connection."""

    @property
    def name(self) -> str:
        """Goes to the column `source_name`; without slashes."""

    @property
    def location(self) -> str:
        """Where it lies, in the words that `source_at` takes, whatever the working folder."""

    def list(self) -> tuple[list[ListedFile], int]:
        """All files in any order, and how many names were passed over. Raises `InputError` when it cannot be listed."""

    def read(self, paths: Sequence[str]) -> Iterator[bytes | OSError]:
        """The bytes of each file, or why it cannot be read, in the order of `paths`; a kind of source may fetch several
        at a time."""


@dataclass(frozen=True)
class Listing:
    """All files of all sources in the order of source name and path, and how many names were passed over per source
    (hidden files and folders, linked folders)."""

    files: list[ListedFile]
    passed_over: dict[str, int]

    def fingerprint(self, listed_at_ns: int) -> str | None:
        """Fingerprint of names, sizes and times; None when a file is so fresh that its times prove nothing."""
        times = (max(map(itemgetter(column), self.files)) for column in (_MODIFIED, _CHANGED))
        if max(times) > listed_at_ns - RACY_NS:
            return None
        return xxhash.xxh3_128_hexdigest(marshal.dumps((self.files, sorted(self.passed_over.items())), 2))
