"""What workers of Dask do in tests. They import it by name, so it imports little."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.sources.folder import Folder


class Watched(Folder):
    """A folder in which whoever opens a file leaves its number, and waits until it may go on."""

    def read(self, paths: Sequence[str], max_bytes: int) -> Iterator[bytes | str]:
        signals = self.path.parent / "signals"
        (signals / str(os.getpid())).touch()
        wait_for((signals / "go").exists)
        yield from super().read(paths, max_bytes)


class Deadly(Folder):
    """A folder whose file `deadly.txt` kills each process that opens it, but the one that runs the tests."""

    def read(self, paths: Sequence[str], max_bytes: int) -> Iterator[bytes | str]:
        if "deadly.txt" in paths:
            assert not is_home(self), "the process of the build would be killed"
            os.kill(os.getpid(), signal.SIGKILL)
        yield from super().read(paths, max_bytes)


class Unseen(Folder):
    """A folder that lies on the machine of the build only."""

    def look(self) -> None:
        if not is_home(self):
            raise FileNotFoundError("no such folder")


class Unmounted(Folder):
    """A folder whose place is there on other machines, too, and is empty."""

    def read(self, paths: Sequence[str], max_bytes: int) -> Iterator[bytes | str]:
        yield from super().read(paths, max_bytes) if is_home(self) else ("it is gone" for _ in paths)


class Late(Folder):
    """A folder of which other machines do not see every file yet."""

    def read(self, paths: Sequence[str], max_bytes: int) -> Iterator[bytes | str]:
        for number, content in enumerate(super().read(paths, max_bytes)):
            yield content if is_home(self) or number != 1 else "it is not there yet"


def is_home(source: Folder) -> bool:
    """Whether this is the process that runs the tests, which left its number beside the source."""
    return (source.path.parent / "home").read_text() == str(os.getpid())


def where(number: int) -> tuple[int, int, str | None]:
    """A result, the process it comes from, and the threads that Polars may take there."""
    return number * number, os.getpid(), os.environ.get("POLARS_MAX_THREADS")


def square(number: int) -> int:
    return number * number


def time_out(number: int) -> int:
    raise TimeoutError(f"the disk takes too long for {number}")


def hang_for_thirteen(folder: Path, number: int) -> int:
    """Hangs in a thread of a worker until it may go on, and not in the main thread of a process."""
    if number == 13 and threading.current_thread() is not threading.main_thread():
        wait_for((folder / "go").exists)
    return number * number


def wait_for(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened() and time.monotonic() < end:
        time.sleep(0.01)
