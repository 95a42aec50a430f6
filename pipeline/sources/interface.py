"""What a kind of source has to know: its name and place, which files it holds, and their bytes."""

from __future__ import annotations

import marshal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from typing import Protocol

import xxhash

#: A file of a source: source name, path inside it with forward slashes, bytes, the times of its last modification and
#: change in nanoseconds (an object of a store has a number for its ETag and version in place of the second), and, if it
#: is known without opening it that it cannot be read, the reason of rejection and a sentence. A plain tuple: there are
#: millions. A folder that cannot be read is listed like a file that cannot.
ListedFile = tuple[str, str, int, int, int, str | None, str | None]
LISTED_FILE_COLUMNS = ("source_name", "path", "byte_count", "modified_ns", "changed_ns", "problem", "problem_detail")
#: A file changed so shortly before it was listed may change again without a trace in its times.
RACY_NS = 2_000_000_000
_LAST_SECOND = 253_402_300_799  # Of the year 9999.


@dataclass
class Found:
    """What a source holds: its files in any order, how many names were passed over (hidden files and folders, linked
    folders, folders of Broadsheet's own), and the paths of the folders of Broadsheet's own."""

    files: list[ListedFile] = field(default_factory=list)
    passed_over: int = 0
    left_out: list[str] = field(default_factory=list)


class Source(Protocol):
    """Files under a name. Paths inside are relative, so that the same files under the same name give the same warehouse
    wherever they lie. It is sent to other processes, so it holds no open connection."""

    @property
    def name(self) -> str:
        """Goes to the column `source_name`; without slashes."""

    @property
    def location(self) -> str:
        """Where it lies, in the words that `source_at` takes, whatever the working folder."""

    def look(self) -> None:
        """Raises `OSError`, `ValueError` where it cannot be there at all, or `InputError`, so that a slip of the pen is
        told before anything is done."""

    def list(self) -> Found:
        """Raises `InputError` or `StoreError` when it cannot be listed at all; what cannot be listed of it is a file
        with a problem."""

    def read(self, paths: Sequence[str], max_bytes: int) -> Iterator[bytes | str]:
        """The bytes of each file, at most one more than `max_bytes`, or a sentence that says why it cannot be read, in
        the order of `paths`; a kind of source may fetch several at a time. Raises `StoreError` when it is not about
        this or that file, but a store fails."""


@dataclass(frozen=True)
class Listing:
    """All files of all sources in the order of source name and path, how many names were passed over per source, and
    what people should know about the sources, a sentence each."""

    files: list[ListedFile]
    passed_over: dict[str, int]
    notes: list[str]

    def fingerprint(self, listed_at_ns: int) -> str | None:
        """Fingerprint of names, sizes and times; None when a file is so fresh that its times prove nothing."""
        after, until = fresh_times(listed_at_ns)
        if self._latest_ns() > after and any(after < ns <= until for file in self.files for ns in _times(file)):
            return None
        return xxhash.xxh3_128_hexdigest(marshal.dumps((self.files, sorted(self.passed_over.items())), 2))

    def remarks(self, listed_at_ns: int) -> list[str]:
        """The notes, and which files are dated in the future."""
        _, until = fresh_times(listed_at_ns)
        if self._latest_ns() <= until:
            return self.notes
        ahead = [file for file in self.files if max(_times(file)) > until]
        first = ahead[0]
        instant = datetime.fromtimestamp(min(max(_times(first)) // 1_000_000_000, _LAST_SECOND), UTC)
        return [
            *self.notes,
            f"{'1 file is' if len(ahead) == 1 else f'{len(ahead):,} files are'} dated in the future, first: "
            f"{first[0]}/{first[1]} ({instant:%Y-%m-%d %H:%M:%S} UTC); that delays nothing, but a clock may be wrong",
        ]

    def _latest_ns(self) -> int:
        latest_ns: int = max(max(map(itemgetter(column), self.files)) for column in (3, 4))
        return latest_ns


def fresh_times(listed_at_ns: int) -> tuple[int, int]:
    """After which time and until which one a file is fresh: it may change again without a trace in its times. A time
    that lies further in the future than clocks differ is one that somebody set, and proves as much as an old one: the
    next change gives another."""
    return listed_at_ns - RACY_NS, max(listed_at_ns, time.time_ns()) + RACY_NS


def _times(file: ListedFile) -> tuple[int, int]:
    return file[3], file[4]
