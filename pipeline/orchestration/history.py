"""The run history: Dagster's own SQLite storage, made quick, and kept alive when it is damaged or runs were killed.

Dagster opens its databases anew for every event that it stores; keeping them open makes a build three seconds
shorter. `dagster.yaml` names the storage, so that shell, UI and sensors write the same history in the same way.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy
from alembic.util.exc import CommandError
from dagster._config.config_schema import UserConfigSchema
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from filelock import FileLock, Timeout
from sqlalchemy.engine import Connection, Engine

from pipeline.errors import BroadsheetError
from pipeline.orchestration.runs import home_folder, prepare_home

#: A run is given this long from its start to the step that marks it as alive.
_START_SECONDS = 60
_UNFINISHED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
#: SQLite's words for a file that will not get better by trying again.
_DAMAGED = re.compile("malformed|not a database|no such table|no such column|unsupported file format")


# A quicker storage --------------------------------------------------------------------------------------------------


def _engine(file: Path) -> Engine:
    """The open database of a file; another one when the file was replaced."""
    try:
        identity = file.stat().st_ino
    except FileNotFoundError:
        identity = 0
    return _engine_of(str(file), identity)


@lru_cache(maxsize=16)
def _engine_of(file: str, _identity: int) -> Engine:
    engine = sqlalchemy.create_engine(
        f"sqlite:///{file}", poolclass=sqlalchemy.QueuePool, connect_args={"timeout": 30, "check_same_thread": False}
    )

    @sqlalchemy.event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        # With a write-ahead log, a loss of power may cost the last events but never the database.
        connection.execute("pragma synchronous = normal")

    return engine


class _Runs(SqliteRunStorage):
    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with _engine(Path(self._conn_string.removeprefix("sqlite:///"))).connect() as connection, connection.begin():
            yield connection


class _Events(SqliteEventLogStorage):
    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            file = Path(self.path_for_shard(shard))
            if shard not in self._initialized_dbs or not file.exists():
                self._initdb(_engine(file), for_index_shard=shard == INDEX_SHARD_NAME)
                self._initialized_dbs.add(shard)
            with _engine(file).connect() as connection, connection.begin():
                yield connection

    # Asked once for every event; the tables are those of the pinned Dagster, which `_initdb` has made.

    def has_table(self, table_name: str) -> bool:
        return True

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        return True


class RunHistory(DagsterSqliteStorage):
    """Dagster's SQLite storage in `DAGSTER_HOME` or the project's `.dagster/`, with databases that stay open."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super(DagsterSqliteStorage, self).__init__()  # type: ignore[no-untyped-call]
        self.base_dir = base_dir
        self._run_storage = _Runs.from_local(f"{base_dir}/history")
        self._event_log_storage = _Events(f"{base_dir}/history/runs")
        self._schedule_storage = SqliteScheduleStorage.from_local(f"{base_dir}/schedules")
        self._inst_data = inst_data

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "RunHistory":
        home = home_folder()
        # Two processes that make the same databases at once would both stamp them.
        with FileLock(home / ".opening"):
            return cls(str(home), inst_data)


# Damage ---------------------------------------------------------------------------------------------------------------


class DamagedHistoryError(Exception):
    """The run history cannot be used any more, only put aside."""


@contextmanager
def open_history(on_trouble: Callable[[str], None]) -> Iterator[dg.DagsterInstance]:
    """The run history. One that cannot be read is put aside, with a word about it, and a new one begins.

    Raises `DamagedHistoryError` when it turns out to be damaged while it is used, and `BroadsheetError`, saying what
    to do, when it cannot be written.
    """
    with _explained():
        try:
            instance = _opened()
        except DamagedHistoryError as error:
            put_aside(on_trouble, error)
            instance = _opened()
        try:
            yield instance
        finally:
            instance.dispose()


def put_aside(on_trouble: Callable[[str], None], reason: Exception) -> None:
    """Move the databases of the history into a folder beside them."""
    home = prepare_home()
    aside = home / f"damaged-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.getpid()}"
    aside.mkdir()
    for name in ("history", "schedules"):
        if (home / name).exists():
            (home / name).rename(aside / name)
    on_trouble(f"the run history could not be read ({reason}); it was moved to {aside} and a new one begins")


def _opened() -> dg.DagsterInstance:
    prepare_home()
    try:
        instance = dg.DagsterInstance.get()
        instance.get_run_records(limit=1)
        instance.get_asset_keys(limit=1)
        instance.all_instigator_state()
    except (sqlalchemy.exc.SQLAlchemyError, CommandError, NotADirectoryError) as error:
        if _DAMAGED.search(str(error)) or not isinstance(error, sqlalchemy.exc.SQLAlchemyError):
            raise DamagedHistoryError(_in_short(error)) from error
        raise
    return instance


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlalchemy.exc.SQLAlchemyError as error:
        if _DAMAGED.search(str(error)):
            raise DamagedHistoryError(_in_short(error)) from error
        raise BroadsheetError(
            f"the run history in {home_folder()} cannot be written: {_in_short(error)}; make room or give the folder "
            "back to you, or set DAGSTER_HOME to another folder. Snapshots are not affected"
        ) from error


def _in_short(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]


# Runs that were killed ------------------------------------------------------------------------------------------------


@contextmanager
def alive(run_id: str) -> Iterator[None]:
    """Mark a run as alive for as long as this process lives: it holds a lock that the system takes back."""
    lock = _lock_of(run_id)
    Path(lock.lock_file).parent.mkdir(exist_ok=True)
    with lock:
        yield
    Path(lock.lock_file).unlink(missing_ok=True)


def end_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """End the runs of processes that are gone, so that nothing waits for them; returns their ids."""
    ended = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED)):
        run = record.dagster_run
        if _is_dead(run.run_id, time.time() - (record.start_time or record.update_timestamp.timestamp())):
            if run.status == dg.DagsterRunStatus.CANCELING:
                instance.report_run_canceled(run, message="its process is gone")
            else:
                instance.report_run_failed(run, message="its process was killed before it could end the run")
            ended.append(run.run_id)
    return ended


def _is_dead(run_id: str, seconds: float) -> bool:
    lock = _lock_of(run_id)
    if not Path(lock.lock_file).exists():
        return seconds > _START_SECONDS
    try:
        with lock.acquire(timeout=0):
            Path(lock.lock_file).unlink(missing_ok=True)
    except Timeout:
        return False
    return True


def _lock_of(run_id: str) -> FileLock:
    return FileLock(home_folder() / "running" / run_id)
