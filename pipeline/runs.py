"""How the command line runs a build: through Dagster, so that shell, UI and sensors share one run history."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import BroadsheetError
from pipeline.settings import PROJECT_FOLDER, Options

if TYPE_CHECKING:
    import dagster as dg

    from pipeline.build import Progress

_HOME_VARIABLE = "DAGSTER_HOME"


@dataclass(frozen=True)
class RunResult:
    """What a build did: the current snapshot, whether it is new, warnings as sentences, the run's id in the history."""

    snapshot: str
    is_new: bool
    warnings: list[str]
    run_id: str


def prepare_home() -> Path:
    """The folder of Dagster's run history: `DAGSTER_HOME`, else `.dagster/` of the project, linked to dagster.yaml."""
    home = Path(os.environ.get(_HOME_VARIABLE) or PROJECT_FOLDER / ".dagster")
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "dagster.yaml"
    if not settings.exists():
        settings.unlink(missing_ok=True)
        settings.symlink_to(os.path.relpath(PROJECT_FOLDER / "dagster.yaml", home.resolve()))
    os.environ[_HOME_VARIABLE] = str(home.resolve())
    return home


def run_build(
    warehouse: Path,
    sources: Sequence[str],
    options: Options,
    progress: Progress,
    on_wait: Callable[[str], None],
    wait_seconds: float,
) -> RunResult:
    """Build and publish in this process, as a run of the job `build`.

    Raises the `BroadsheetError` that ended the build, if one did.
    """
    import dagster as dg

    from pipeline.definitions import definitions

    before = _current_name(warehouse)
    with _RunHistory(on_wait) as instance:
        _reap(instance)
        job = definitions().resolve_job_def("build")
        config = {
            "sources": [_absolute(text) for text in sources],
            "warehouse": str(warehouse),
            "full": options.full,
            "max_bytes": options.limits.max_bytes,
            "max_depth": options.limits.max_depth,
            "processes": options.processes or 0,
            "wait_seconds": float(wait_seconds),
        }
        try:
            result = job.execute_in_process(
                instance=instance,
                run_config={
                    "ops": {"warehouse": {"config": config}},
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
                resources={"progress": progress},
                tags={"broadsheet/started_by": "command line", "broadsheet/process": str(os.getpid())},
            )
        except Exception as error:
            raise _cause(error) from None
    warnings = [
        evaluation.description or evaluation.check_name
        for evaluation in result.get_asset_check_evaluations()
        if not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.WARN
    ]
    now = _current_name(warehouse)
    return RunResult(now or "", now != before, warnings, result.run_id)


def _current_name(warehouse: Path) -> str | None:
    from pipeline.warehouse import Warehouse

    current = Warehouse(warehouse).current_or_none()
    return current.name if current else None


def _absolute(source: str) -> str:
    """A source that means the same whatever the working folder, so that the run can be repeated from the UI."""
    from pipeline.sources import parse_source

    parsed = parse_source(source)
    return f"{parsed.name}={parsed.location.absolute()}"


def _cause(error: BaseException) -> BaseException:
    """The error of ours below Dagster's wrappers, else the error itself."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, BroadsheetError):
            return inner
        inner = inner.__cause__ or inner.__context__
    return error


class _RunHistory:
    """The run history. When it cannot be used it is moved aside, with a word about it, and a new one begins."""

    def __init__(self, on_trouble: Callable[[str], None]) -> None:
        self.on_trouble = on_trouble

    def __enter__(self) -> dg.DagsterInstance:
        import dagster as dg

        logging.getLogger("dagster").setLevel(logging.CRITICAL)
        home = prepare_home()
        try:
            self.instance = dg.DagsterInstance.get()
            self.instance.get_run_records(limit=1)
        except Exception as error:
            history, aside = home / "history", home / f"history.broken-{os.getpid()}"
            if not history.exists():
                raise
            history.rename(aside)
            self.on_trouble(f"the run history could not be read ({type(error).__name__}); it was moved to {aside}")
            self.instance = dg.DagsterInstance.get()
        return self.instance

    def __exit__(self, *_: Any) -> None:
        self.instance.dispose()


def _reap(instance: dg.DagsterInstance) -> None:
    """End the runs of processes that are gone, so that they do not look as if they were still running."""
    import dagster as dg

    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])):
        process = run.tags.get("broadsheet/process")
        if process and not _is_alive(int(process)):
            instance.report_run_failed(run, message=f"process {process} was killed before it could end the run")


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def serve_ui(host: str, port: int, open_browser: bool) -> None:
    """Serve the Dagster UI until Ctrl-C or SIGTERM; no process is left behind.

    Raises `BroadsheetError` when the server ends by itself with an error.
    """
    prepare_home()
    address = f"http://{host}:{port}/asset-groups"
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "-m", "pipeline.definitions"]
    server = subprocess.Popen(
        [*command, "--host", host, "--port", str(port)],
        cwd=PROJECT_FOLDER,
        start_new_session=True,
        # A shell that starts this in the background ignores these signals, and children would inherit that.
        preexec_fn=_default_signals,  # noqa: PLW1509
    )
    print(f"The Dagster UI is at {address}; Ctrl-C ends it.", flush=True)
    stopping = False

    def stop(*_: Any) -> None:
        nonlocal stopping
        stopping = True
        os.killpg(server.pid, signal.SIGTERM if server.poll() is None else 0)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if open_browser:
        import webbrowser

        webbrowser.open(address)
    try:
        code = server.wait()
    finally:
        _end_group(server.pid)
    if code and not stopping:
        raise BroadsheetError(f"the Dagster UI ended with code {code}; is port {port} taken? try --port")


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
