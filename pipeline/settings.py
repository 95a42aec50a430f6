"""Paths and options of a build, from flags and the environment."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import InputError, optional_part

PACKAGE_FOLDER = Path(__file__).parent
PROJECT_FOLDER = PACKAGE_FOLDER.parent
#: A wheel carries in the package what lies beside it in a checkout.
_IS_CHECKOUT = not (PACKAGE_FOLDER / "sql").is_dir()
DATA_FOLDER = PROJECT_FOLDER if _IS_CHECKOUT else PACKAGE_FOLDER
SQL_FOLDER = DATA_FOLDER / "sql"
SEEDS_FOLDER = DATA_FOLDER / "seeds"
DAGSTER_SETTINGS = DATA_FOLDER / "dagster.yaml"
WAREHOUSE_VARIABLE = "BROADSHEET_WAREHOUSE"
SOURCES_VARIABLE = "BROADSHEET_SOURCES"
REPORT_VARIABLE = "BROADSHEET_REPORT"
SCHEDULER_VARIABLE = "BROADSHEET_SCHEDULER"
#: Where `broadsheet dashboard` listens unless it is told otherwise.
DASHBOARD_PORT = 2718


def work_folder() -> Path:
    """Where the warehouse and the run history lie by default: the checkout, or the working folder when installed."""
    return PROJECT_FOLDER if _IS_CHECKOUT else Path.cwd()


def default_warehouse() -> Path:
    """`BROADSHEET_WAREHOUSE`, else `warehouse/` of `work_folder`."""
    return Path(os.environ.get(WAREHOUSE_VARIABLE) or work_folder() / "warehouse")


def default_sources() -> list[str]:
    """`BROADSHEET_SOURCES` (separated like PATH; the colon of `s3://` separates nothing), else the bundled `seeds/`."""
    given = os.environ.get(SOURCES_VARIABLE, "")
    return [text for text in re.split(f"{os.pathsep}(?!//)", given) if text] or [str(SEEDS_FOLDER)]


def report_file() -> Path | None:
    """`BROADSHEET_REPORT`: the file that a run of Dagster writes its report to; None when it writes none."""
    return Path(given) if (given := os.environ.get(REPORT_VARIABLE)) else None


@dataclass(frozen=True)
class Limits:
    """What is refused before or while reading: `max_bytes` per file, `max_depth` of nested lists and mappings, and
    `max_values`, how many keys, values, lists and mappings a document may have.

    Time and memory that a document takes follow from its bytes and its values, so that the same documents are refused
    on every machine, however fast.
    """

    max_bytes: int = 10_000_000
    max_depth: int = 20
    max_values: int = 2_000_000


@dataclass(frozen=True)
class Retention:
    """Which snapshots are kept: the latest `count` and all that are younger than `age`, as long as all together take no
    more than `byte_count` on disk (None: no limit). The current one is always kept, and so is, until the next build,
    the one that it replaced."""

    count: int = 5
    age: timedelta = timedelta(days=1)
    byte_count: int | None = None


def default_retention() -> Retention:
    """`BROADSHEET_KEEP_COUNT`, `BROADSHEET_KEEP_DAYS` and `BROADSHEET_KEEP_BYTES`, where they are set.

    Raises `InputError` for one that is not a number from 0 on.
    """
    own = Retention()
    count, days, byte_count = (_number(f"BROADSHEET_KEEP_{what}") for what in ("COUNT", "DAYS", "BYTES"))
    return Retention(
        own.count if count is None else int(count),
        own.age if days is None else timedelta(days=min(days, timedelta.max.days)),
        own.byte_count if byte_count is None else int(byte_count),
    )


def memory_limit() -> int | None:
    """`BROADSHEET_MEMORY_BYTES`: how much memory a build may count on; None where it looks for itself.

    Raises `InputError` for one that is not a number from 0 on.
    """
    number = _number("BROADSHEET_MEMORY_BYTES")
    return None if number is None else int(number)


def _number(variable: str) -> float | None:
    text = os.environ.get(variable)
    if not text:
        return None
    try:
        number = float(text)
        if 0 <= number < 1e15:
            return number
    except ValueError:
        pass
    raise InputError(f"{variable} is {text!r}; give a number from 0 on")


@dataclass(frozen=True)
class Dask:
    """That workers of Dask read: those of the scheduler at an address (tcp://HOST:PORT), or else as many as
    `Options.processes` says, which are started for the build and ended with it."""

    scheduler: str | None = None


#: Who may read.
ENGINES = ("processes", "dask")


def default_engine() -> str:
    """`dask` where `BROADSHEET_SCHEDULER` names a scheduler of Dask, else `processes`."""
    return "dask" if os.environ.get(SCHEDULER_VARIABLE) else "processes"


def engine(name: str, scheduler: str | None) -> Dask | None:
    """One of `ENGINES`, with the address of a scheduler where there is one (else that of `BROADSHEET_SCHEDULER`); None
    for processes of this machine.

    Raises `InputError` for another name, for a scheduler that nothing is asked of, and where Dask is not installed.
    """
    if name not in ENGINES:
        raise InputError(f"there is no engine {name}; give one of {', '.join(ENGINES)}")
    if name == "dask":
        with optional_part("distributed"):
            if find_spec("distributed") is None:
                raise ImportError("No module named 'distributed'")
        return Dask(scheduler or os.environ.get(SCHEDULER_VARIABLE) or None)
    if scheduler:
        raise InputError(f"the scheduler {scheduler} is one of Dask; give the engine dask as well, or no scheduler")
    return None


@dataclass(frozen=True)
class Options:
    """How a build works; none of it changes what a document means.

    `full` reads everything again; `processes` is how many processes read (None: as many as there are cores), and `dask`
    says that its workers read instead. A build in which a larger share of the files is rejected than
    `max_rejected_share` is refused (None: only when all are). `keep` says which snapshots stay.
    """

    limits: Limits = field(default_factory=Limits)
    full: bool = False
    processes: int | None = None
    max_rejected_share: float | None = None
    keep: Retention = field(default_factory=default_retention)
    dask: Dask | None = None
