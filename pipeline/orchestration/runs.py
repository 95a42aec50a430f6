"""How the command line builds and rolls back: through Dagster, so that shell, UI and sensors share one run history."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import BroadsheetError
from pipeline.settings import DAGSTER_SETTINGS, PROJECT_FOLDER, WAREHOUSE_VARIABLE, Options, work_folder

if TYPE_CHECKING:
    import dagster as dg

Progress = Callable[[str, int, int], None]

_HOME_VARIABLE = "DAGSTER_HOME"
#: Dagster's name for what `definitions.py` defines; `broadsheet` is the code location of pyproject.toml.
_REPOSITORY = "__repository__"


@dataclass(frozen=True)
class RunResult:
    """What a run did: the current snapshot, whether that is another than before, the run's id in the history."""

    snapshot: str
    is_new: bool
    run_id: str


@dataclass(frozen=True)
class Shell:
    """Who started a build and watches it: `progress` hears about steps, `say` what people should know at once."""

    progress: Progress = lambda step, done, total: None
    say: Callable[[str], None] = lambda message: None


def home_folder() -> Path:
    """Where the run history lies: `DAGSTER_HOME`, else `.dagster/` of the project."""
    return Path(os.environ.get(_HOME_VARIABLE) or work_folder() / ".dagster").absolute()


def prepare_home() -> Path:
    """Make the folder of the run history, with a link to the settings in `dagster.yaml`, and tell Dagster about it."""
    home = home_folder()
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "dagster.yaml"
    if not settings.exists():
        settings.unlink(missing_ok=True)
        settings.symlink_to(os.path.relpath(DAGSTER_SETTINGS, home.resolve()))
    os.environ[_HOME_VARIABLE] = str(home)
    return home


def run_build(
    warehouse: Path,
    sources: Sequence[str],
    options: Options,
    progress: Progress,
    on_wait: Callable[[str], None],
    wait_seconds: float,
) -> RunResult:
    """Build and publish in this process, as a run of the job `build`. `on_wait` hears what the user should know.

    Raises the `BroadsheetError` that ended the build, if one did.
    """
    config = {
        "sources": [_absolute(text) for text in sources],
        "warehouse": str(warehouse),
        "full": options.full,
        "max_bytes": options.limits.max_bytes,
        "max_depth": options.limits.max_depth,
        "processes": options.processes or 0,
        "wait_seconds": float(wait_seconds),
    }
    return _run("build", {"warehouse": {"config": config}}, warehouse, Shell(progress, on_wait))


def run_rollback(warehouse: Path, snapshot: str, on_wait: Callable[[str], None], wait_seconds: float) -> RunResult:
    """Publish a snapshot again in this process, as a run of the job `rollback`.

    Raises the `BroadsheetError` that ended it, if one did.
    """
    config = {"snapshot": snapshot, "warehouse": str(warehouse), "wait_seconds": float(wait_seconds)}
    return _run("rollback", {"point_to_snapshot": {"config": config}}, warehouse, Shell(say=on_wait))


def _run(job_name: str, steps: dict[str, Any], warehouse: Path, shell: Shell) -> RunResult:
    """Run a job; when the run history turns out to be damaged meanwhile, once more with a new one."""
    with _quick_imports():
        from pipeline import definitions
        from pipeline.orchestration.history import DamagedHistoryError, put_aside

    def run() -> RunResult:
        return _run_job(definitions.definitions().resolve_job_def(job_name), steps, warehouse, shell)

    try:
        return run()
    except DamagedHistoryError as error:
        put_aside(shell.say, error)
        return run()


def _run_job(job: dg.JobDefinition, steps: dict[str, Any], warehouse: Path, shell: Shell) -> RunResult:
    from pipeline.orchestration.history import end_dead_runs, open_history

    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    before = _current_name(warehouse)
    with open_history(shell.say) as history:
        end_dead_runs(history)
        try:
            result = job.execute_in_process(
                instance=history,
                run_config={
                    "ops": steps,
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
                resources={"shell": shell},
                tags={
                    "broadsheet/started_by": "command line",
                    # Without it the UI does not show the run on the pages of the job and in its timeline.
                    ".dagster/repository": f"{_REPOSITORY}@broadsheet",
                },
            )
        except Exception as error:
            raise _cause(error) from None
    now = _current_name(warehouse)
    return RunResult(now or "", now != before, result.run_id)


@contextmanager
def _quick_imports() -> Iterator[None]:
    """Import Dagster without looking for garbage meanwhile, of which there is none: a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _current_name(warehouse: Path) -> str | None:
    from pipeline.warehouse.snapshots import Warehouse

    current = Warehouse(warehouse).current_or_none()
    return current.name if current else None


def _absolute(source: str) -> str:
    """A source that means the same whatever the working folder, so that the run can be repeated from the UI."""
    from pipeline.sources import argument, parse_source

    return argument(parse_source(source))


def _cause(error: BaseException) -> BaseException:
    """The error of ours, or of the run history, below Dagster's wrappers; else the error itself."""
    from dagster import RetryRequested
    from sqlalchemy.exc import SQLAlchemyError

    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, BroadsheetError | SQLAlchemyError):
            return inner
        if isinstance(inner, RetryRequested) and isinstance(inner.__cause__, Exception):
            # Only what a file system may do better the next time is tried again; see `assets.warehouse`.
            return BroadsheetError(
                f"the build failed, also when tried again ({inner.__cause__}); make room, or look after the disk"
            )
        inner = inner.__cause__ or inner.__context__
    return error


def serve_ui(warehouse: Path, host: str, port: int, open_browser: bool) -> None:
    """Serve the Dagster UI on a warehouse until Ctrl-C or SIGTERM; no process is left behind.

    Raises `BroadsheetError` when the port cannot be used, or when the server ends by itself with an error.
    """
    from pipeline.orchestration.history import open_history

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BroadsheetError(f"port {port} of {host} cannot be used ({error.strerror}); try --port") from None
    with open_history(print):
        pass  # A damaged history is put aside before the server meets it.
    log = prepare_home() / f"ui-{port}.log"
    address = f"http://{host}:{port}/asset-groups"
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "--host", host, "--port", str(port)]
    server: subprocess.Popen[bytes] | None = None
    stopping = False

    def stop(*_: Any) -> None:
        nonlocal stopping
        stopping = True
        if server is not None and server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    with log.open("w") as output:
        server = subprocess.Popen(
            command,
            cwd=PROJECT_FOLDER,
            env=os.environ | {WAREHOUSE_VARIABLE: str(warehouse)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # A shell that starts this in the background ignores these signals, and children would inherit that.
            preexec_fn=_default_signals,  # noqa: PLW1509
        )
    if stopping:
        stop()
    print(f"The Dagster UI is at {address}; Ctrl-C ends it.", flush=True)
    if open_browser:
        import webbrowser

        webbrowser.open(address)
    try:
        code = server.wait()
    finally:
        _end_group(server.pid)
    if code and not stopping:
        raise BroadsheetError(f"the Dagster UI ended with code {code}; its log is {log}")


def _default_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _end_group(group: int) -> None:
    """End whatever the server has left of its process group."""
    import time

    for number in (signal.SIGTERM, signal.SIGKILL):
        for _ in range(50):
            try:
                os.killpg(group, number)
            except (ProcessLookupError, PermissionError):
                return
            time.sleep(0.1)
