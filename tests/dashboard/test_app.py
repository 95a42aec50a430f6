"""The dashboard as people use it: started by the command, opened in a browser, used by keyboard."""

from __future__ import annotations

import base64
import csv
import io
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
from urllib.parse import parse_qs, urlsplit

import duckdb
import marimo as mo
import pytest
from click.testing import CliRunner

from pipeline.build import build_warehouse
from pipeline.settings import SEEDS_FOLDER, Options
from pipeline.sources.folder import Folder
from pipeline.terminal.cli import main
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from tests.helpers.browser import CHROMIUM, Page, chromium, wait_for

#: What a stranger may write, such that it would be seen if any of it ran or were a link.
HOSTILE = """---
category: news
title: "<img src=x onerror='window.ran=1'><script>window.ran=1</script> & =1+1"
publishedDateTime: 2021-03-01T10:00:00Z
webUrl: "javascript:window.ran=1"
type: article
published: true
provider:
  name: "</td><script>window.ran=1</script>"
  domain: hostile.example
topics:
  - "<b>Topic</b>"
related:
  - title: "=HYPERLINK(\\"http://elsewhere.example\\")"
    publishedDateTime: 2021-03-01T11:00:00Z
    webUrl: "https://other.example/a\\"onmouseover=\\"window.ran=1"
    type: article
    provider:
      name: Other
      domain: other.example
---
"""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(warehouse: Path) -> Iterator[str]:
    """The address of a dashboard, which Ctrl-C must end well."""
    port = free_port()
    command = [sys.executable, "-m", "pipeline.terminal.cli", "dashboard", "--no-open", "--port", str(port)]
    log = warehouse.with_suffix(".log")
    with log.open("w") as output:
        process = subprocess.Popen([*command, "--warehouse", str(warehouse)], stdout=output, stderr=output)
    try:
        wait_for(lambda: is_open(port), "server", log.read_text)
        assert log.read_text() == f"The dashboard is at http://127.0.0.1:{port}/; Ctrl-C ends it.\n"
        yield f"http://127.0.0.1:{port}/"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def build(warehouse: Path, documents: Path) -> Snapshot:
    """The bundled document and one of a stranger."""
    documents.mkdir()
    (documents / "hostile.md").write_text(HOSTILE, encoding="utf-8")
    sources = [Folder("seeds", SEEDS_FOLDER), Folder("strangers", documents)]
    built = build_warehouse(Warehouse(warehouse), sources, Options(processes=1)).snapshot
    assert (built.record.document_count, built.record.rejected_count) == (2, 0)
    return built


def parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(str(page.evaluate("location.href"))).query)


def article_count(page: Page) -> str | None:
    """The first of the figures."""
    shown = page.evaluate("document.querySelector('#headline strong')?.innerText")
    return None if shown is None else str(shown)


def events(page: Page, method: str) -> list[dict[str, Any]]:
    return [event["params"] for event in page.events if event.get("method") == method]


def tab_to(page: Page, label: str) -> None:
    """Go with the tab key alone to what has a label, through marimo's shadow roots as well."""
    focused = (
        "(() => { let at = document.activeElement;"
        " while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;"
        " return [at.getAttribute('aria-label'), at.labels?.[0]?.innerText, at.innerText].join(' ') })()"
    )
    for _ in range(80):
        page.press("Tab")
        if label in str(page.evaluate(focused)):
            return
    raise AssertionError(f"the tab key does not reach {label!r}")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on PATH")
def test_a_reader_waits_filters_follows_links_and_takes_rows_and_nothing_of_strangers_runs(tmp_path: Path) -> None:
    with running(tmp_path / "warehouse") as address, chromium(tmp_path / "profile") as page:
        for domain in ("Network", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        page.call("Emulation.setTimezoneOverride", timezoneId="America/New_York")
        # Another name for this machine, which a page of another site could have made, is refused.
        request = urllib.request.Request(address, headers={"Host": "rebound.example"})
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(request, timeout=30).close()

        # Before anything is built the page says so; it opens by itself.
        page.open(address, "nothing is built in")
        snapshot = build(tmp_path / "warehouse", tmp_path / "documents")
        wait_for(lambda: article_count(page) == "21", "articles of both sources", page.text)

        # By keyboard alone: a search narrows the page and stands in the address.
        tab_to(page, "Search")
        page.call("Input.insertText", text="facial recognition")
        page.press("Enter")
        wait_for(lambda: "query" in parameters(page), "search in the address", page.text)
        assert parameters(page) == {"query": ["facial recognition"], "time_zone": ["America/New_York"]}
        with duckdb.connect(str(snapshot.database), read_only=True) as connection:
            [(expected,)] = connection.execute(
                "select count(*) from articles_matching('facial recognition')"
            ).fetchall()
        wait_for(lambda: article_count(page) == str(expected), "articles of the search", page.text)

        # A link reopens what one saw, on another page and with a host.
        page.open(f"{address}?page=Blind+spots&provider=other.example&source=seeds&minimum_count=3", "other.example")
        page.open(f"{address}?page=Rhythm+and+topics&time_zone=Asia/Tokyo", "Who leads each topic")
        wait_for(lambda: "Hour of the day (Asia/Tokyo)" in page.text_of_charts(), "zone in the axis", page.text)
        page.open(f"{address}?topic=Nothing", "the nearest are")

        # The rows of a panel are its CSV.
        page.open(f"{address}?page=Stories&story=hostile.md", "How one story unfolded")
        wait_for(lambda: "window.ran" in page.text(), "title of the stranger", page.text)
        link = str(page.evaluate("document.querySelector('#timeline a[download]').href"))
        rows = list(csv.DictReader(io.StringIO(base64.b64decode(link.partition("base64,")[2]).decode())))
        cells = page.evaluate(
            "[...document.querySelectorAll('#timeline tbody tr')].map(row => row.cells[3].innerText.trim())"
        )
        assert [row["title"].removeprefix("'") for row in rows] == cells
        assert rows[1]["title"].startswith("'=HYPERLINK"), "a spreadsheet would run it"

        # Nothing that strangers wrote ran, is markup, or leads anywhere but to the web.
        assert page.evaluate("typeof window.ran") == "undefined"
        assert page.evaluate("document.querySelectorAll('.panel img, .panel script, .panel b').length") == 0
        targets = page.evaluate("[...document.querySelectorAll('.panel a')].map(link => link.protocol)")
        assert set(targets) == {"http:", "https:", "data:"}

        foreign = [
            event["request"]["url"]
            for event in events(page, "Network.requestWillBeSent")
            if urlsplit(event["request"]["url"]).scheme not in ("data", "blob")
            and urlsplit(event["request"]["url"]).hostname != "127.0.0.1"
        ]
        assert foreign == []
        assert events(page, "Runtime.exceptionThrown") == []
        errors = [
            str(item.get("value", item.get("description")))
            for event in events(page, "Runtime.consoleAPICalled")
            if event["type"] == "error"
            for item in event["args"]
        ]
        errors += [
            event["entry"]["text"] for event in events(page, "Log.entryAdded") if event["entry"]["level"] == "error"
        ]
        # But for what a page was still asking its server when it was left.
        assert [error for error in errors if "Failed to fetch" not in error and "net::ERR_" not in error] == []


def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(main, ["dashboard", "--port", port, "--no-open", "--warehouse", str(tmp_path)])
    assert result.exit_code == 1
    assert (
        result.stderr == f"broadsheet: port {port} of 127.0.0.1 cannot be used (Address already in use); try --port\n"
    )


def test_without_its_packages_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("pipeline.dashboard")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "marimo", None)
    result = CliRunner().invoke(main, ["dashboard", "--warehouse", str(tmp_path)])
    assert result.exit_code == 2
    assert result.stderr.endswith("pip install --upgrade marimo altair\n")


def test_the_notebook_walks_from_the_seed_to_its_finding(
    seed_snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_WAREHOUSE", str(seed_snapshot.folder.parents[1]))
    from pipeline.dashboard.app import app

    outputs, names = app.run()
    shown = "\n".join(output.text if isinstance(output, mo.Html) else str(output) for output in outputs)
    assert "The finding" in shown
    assert "<strong>19</strong>" in shown, "the dashboard follows"
    first = names["ask"]("from first_mover_by_story").to_dicts()
    shifted = names["ask"]("from first_mover_if_shifted('cnet.com', 1) where shifted_first_rate = 1").to_dicts()
    assert [(row["provider_name"], row["margin_minutes"], row["is_clock_safe"]) for row in first] == [
        ("CNET", 3, False)
    ]
    assert [row["provider_name"] for row in shifted] == ["TechCrunch"]
