"""Serve the Dagster UI, and end it so that no process is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

import dagster as dg

from pipeline.errors import BroadsheetError
from pipeline.orchestration.facts import PREVIEW_SECONDS
from pipeline.orchestration.home import prepare_home
from pipeline.orchestration.report import report_snapshot, trouble
from pipeline.settings import WAREHOUSE_VARIABLE, work_folder
from pipeline.warehouse.snapshots import Warehouse

#: What the UI loads, under the name that `pyproject.toml` gives it for `dagster dev` and `dg dev` in a checkout.
_WORKSPACE = "load_from: [{python_module: {module_name: pipeline.definitions, location_name: broadsheet}}]\n"


def serve_ui(warehouse: Path, host: str, port: int, open_browser: bool) -> None:
    """Serve the Dagster UI on a warehouse until Ctrl-C or SIGTERM; no process is left behind.

    What is published is reported first, unless the catalog shows it already. Raises `BroadsheetError` when the port
    cannot be used, or when the server ends by itself with an error.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BroadsheetError(f"port {port} of {host} cannot be used ({error.strerror}); try --port") from None
    home = prepare_home()
    workspace = home / "workspace.yaml"
    workspace.write_text(_WORKSPACE, encoding="utf-8")
    os.environ[WAREHOUSE_VARIABLE] = str(warehouse)
    try:
        with dg.DagsterInstance.get() as instance:
            # Makes a new run history, which two servers that start at once would both try to do.
            instance.get_run_records(limit=1)
            instance.get_asset_keys(limit=1)
    except Exception as error:  # Whatever a database, a disk or a library may raise.
        raise BroadsheetError(trouble(error)) from None
    if current := Warehouse(warehouse).current_or_none():

        def say(sentence: str) -> None:
            print(f"broadsheet: {sentence}", flush=True)

        report_snapshot(current, Warehouse(warehouse), say, preview_seconds=PREVIEW_SECONDS)
    log = home / f"ui-{port}.log"
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/asset-groups"
    commands = (
        [sys.executable, "-m", "pipeline.orchestration.webserver", host, str(port), str(workspace)],
        [str(Path(sys.executable).with_name("dagster-daemon")), "run", "--workspace", str(workspace)],
    )
    servers: list[subprocess.Popen[bytes]] = []
    stopping = False

    def stop(*_: Any) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    try:
        with log.open("w") as output:
            servers += (_start(command, output) for command in commands)
        print(f"The Dagster UI is at {address}; Ctrl-C ends it.", flush=True)
        if open_browser:
            import webbrowser

            webbrowser.open(address)
        while not stopping and all(server.poll() is None for server in servers):
            time.sleep(0.1)
    finally:
        for server in servers:
            _end_group(server)
    if not stopping:
        codes = " and ".join(str(server.returncode) for server in servers)
        raise BroadsheetError(f"the Dagster UI ended with codes {codes}; its log is {log}")


def _start(command: list[str], output: IO[str]) -> subprocess.Popen[bytes]:
    """Start a server in a group of its own, with all that it starts."""
    return subprocess.Popen(
        command,
        cwd=work_folder(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        # A shell that starts this in the background ignores these signals, and children would inherit that.
        preexec_fn=_default_signals,  # noqa: PLW1509
    )


def _default_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _end_group(server: subprocess.Popen[bytes]) -> None:
    """End a server and whatever it has left of its process group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for _ in range(50):
            server.poll()  # One that has ended counts as there until somebody asks for its code.
            try:
                os.killpg(server.pid, number)
            except (ProcessLookupError, PermissionError):
                return
            time.sleep(0.1)
