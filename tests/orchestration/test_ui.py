"""The UI as people use it: started by the command, driven by a browser, ended by Ctrl-C or a signal."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import PROJECT_FOLDER
from pipeline.warehouse.snapshots import Warehouse
from tests.helpers import PATIENCE_SECONDS
from tests.helpers.browser import CHROMIUM, chromium, get_json, wait_for

LAUNCH = """
mutation { launchRun(executionParams: {mode: "default", selector: {
  repositoryLocationName: "broadsheet", repositoryName: "__repository__", jobName: "build"}}) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
LOG = """
{ logsForRun(runId: "%s") { ... on EventConnection { events { ... on MessageEvent { message eventType } } } } }
"""
RUNS = "{ runsOrError { ... on Runs { results { runId status } } } }"


class Ui:
    """A running `broadsheet ui` with sources, warehouse and run history of its own."""

    def __init__(self, folder: Path) -> None:
        self.warehouse = Warehouse(folder / "warehouse")
        self.home = folder / "home"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._log = folder / "ui.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pipeline.terminal.cli", "ui", "--no-open", "--port", str(self.port)],
                cwd=folder,
                env=os.environ
                | {
                    "DAGSTER_HOME": str(self.home),
                    "BROADSHEET_WAREHOUSE": str(self.warehouse.folder),
                    "BROADSHEET_SOURCES": str(PROJECT_FOLDER / "seeds"),
                },
                stdout=log,
                stderr=log,
            )
        wait_for(lambda: get_json(f"{self.address}/server_info"), "UI", self._log.read_text)

    def ask(self, query: str) -> Any:
        request = urllib.request.Request(
            f"{self.address}/graphql",
            json.dumps({"query": query}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)["data"]

    def launch(self) -> str:
        """Launch the job `build`, as a button of the UI does; returns the run's id."""
        launched = self.ask(LAUNCH)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def log(self, run: str) -> str:
        """What the log of a run says, and the kinds of its events."""
        answer = self.ask(LOG % run)["logsForRun"]
        return "\n".join(f"{event['eventType']} {event['message']}" for event in answer.get("events", []))

    def runs(self) -> list[str]:
        """Statuses of all runs, latest first."""
        return [run["status"] for run in self.ask(RUNS)["runsOrError"]["results"]]

    def end(self, number: signal.Signals) -> None:
        """Send a signal; the command must end well and leave no process behind."""
        self.process.send_signal(number)
        assert self.process.wait(timeout=PATIENCE_SECONDS) == 0, self._log.read_text()
        wait_for(lambda: not self.processes(), "end of all processes", self.processes)
        assert len(self._log.read_text().splitlines()) == 1, self._log.read_text()

    def processes(self) -> list[str]:
        """Command lines of living processes that were started with this run history."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if str(self.home).encode() in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return found


@contextmanager
def running_ui(folder: Path) -> Iterator[Ui]:
    ui = Ui(folder)
    try:
        yield ui
    finally:
        if ui.process.poll() is None:
            ui.process.terminate()
            ui.process.wait(timeout=PATIENCE_SECONDS)


@pytest.mark.slow
def test_a_run_from_the_ui_builds_and_sigterm_leaves_no_process_behind(tmp_path: Path) -> None:
    with running_ui(tmp_path) as ui:
        ui.launch()
        wait_for(lambda: ui.runs() == ["SUCCESS"], "successful run", ui.runs)
        assert ui.warehouse.current().record.document_count == 1
        assert ui.processes()
        ui.end(signal.SIGTERM)


@pytest.mark.slow
def test_a_run_that_is_terminated_publishes_nothing_and_says_so(tmp_path: Path) -> None:
    with running_ui(tmp_path) as ui:
        with ui.warehouse.lock(0):
            run = ui.launch()
            wait_for(lambda: "another build holds" in ui.log(run), "a run that waits", lambda: ui.log(run))
            ui.ask(f'mutation {{ terminateRun(runId: "{run}") {{ __typename }} }}')
            wait_for(lambda: ui.runs() == ["CANCELED"], "end of the run", ui.runs)
        # A run that were tried again would build now that the warehouse is free; another one builds after it.
        ui.launch()
        wait_for(lambda: ui.runs() == ["SUCCESS", "CANCELED"], "another run", ui.runs)
        assert len(ui.warehouse.snapshots()) == 1
        assert "STEP_UP_FOR_RETRY" not in ui.log(run)
        assert "stopped; nothing was published" in ui.log(run)
        ui.end(signal.SIGTERM)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on PATH")
@pytest.mark.slow
def test_materialize_all_in_the_browser_turns_everything_green(tmp_path: Path) -> None:
    screenshots = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    with running_ui(tmp_path) as ui, chromium(tmp_path / "profile") as page:
        page.open(f"{ui.address}/asset-groups", "Materialize all")
        page.click("Materialize all")
        wait_for(ui.runs, "run", page.text)
        wait_for(lambda: ui.runs() == ["SUCCESS"], "successful run", page.text)
        page.save(screenshots / "graph.png")
        page.open(f"{ui.address}/assets/share_of_voice", "Who has which share of the coverage, by host?")
        wait_for(lambda: "varchar" in page.text(), "type of a column", page.text)
        page.save(screenshots / "asset.png")
        page.open(f"{ui.address}/assets/share_of_voice?view=checks", "shares_sum_to_one")
        wait_for(lambda: "Passed" in page.text(), "passed check", page.text)
        assert "Failed" not in page.text()
        page.save(screenshots / "checks.png")
        ui.end(signal.SIGINT)
