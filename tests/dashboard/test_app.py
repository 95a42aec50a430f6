"""The dashboard as people use it: started by the command, opened in a browser, used by keyboard."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import duckdb
import marimo as mo
import pytest
from click.testing import CliRunner

from pipeline.build import build_warehouse
from pipeline.dashboard.panels import PAGES
from pipeline.settings import SEEDS_FOLDER, Options
from pipeline.sources.folder import Folder
from pipeline.terminal.cli import main
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from tests.helpers import PATIENCE_SECONDS
from tests.helpers.browser import CHROMIUM, Page, chromium, wait_for

#: axe-core, as its package for Python has it.
_AXE = find_spec("axe_core_python")
AXE = None if _AXE is None or _AXE.origin is None else Path(_AXE.origin).with_name("axe.min.js")
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


#: The command, for which everything is so many documents that what is slow is computed on request.
COMMAND = "from pipeline.dashboard import view; view.MANY_DOCUMENTS = 1; from pipeline.terminal.cli import main; main()"


@contextmanager
def running(warehouse: Path) -> Iterator[str]:
    """The address of a dashboard, which Ctrl-C must end well."""
    log = warehouse.with_suffix(".log")
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "dashboard", "--no-open", "--port", "0", "--warehouse", str(warehouse)],
            stdout=output,
            stderr=output,
        )
    try:
        sentence = "The dashboard is at (http://127.0.0.1:[0-9]+/); Ctrl-C ends it.\n"
        yield wait_for(lambda: re.fullmatch(sentence, log.read_text()), "server", log.read_text)[1]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE_SECONDS) == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


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


@dataclass(frozen=True)
class Site:
    """A dashboard in a browser, on a warehouse that was built while the page was open."""

    address: str
    page: Page
    snapshot: Snapshot

    def open(self, expected: str, page: str = "Overview", **parameters: str) -> None:
        """Open a page by its address and wait until it is complete."""
        self.page.open(f"{self.address}?{urlencode({'page': page, **parameters})}", expected)
        self.settle(page)

    def settle(self, page: str) -> None:
        """Wait until each panel of a page is there, and each chart drawn."""
        names = json.dumps([panel.name for panel in PAGES[page].panels])
        wait_for(lambda: self.page.evaluate(f"{SETTLED}({names})"), f"complete page {page}", self.page.text)


#: Functions that see through marimo's shadow roots.
FUNCTIONS = """
const all = root => [...root.querySelectorAll("*")].flatMap(item =>
  [item, ...(item.shadowRoot ? all(item.shadowRoot) : [])]);
const focused = () => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at;
};
const labels = item => (item.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean)
  .map(id => item.getRootNode().getElementById(id)?.innerText);
const named = item =>
  [item.tagName, item.getAttribute("aria-label"), item.labels?.[0]?.innerText, ...labels(item), item.innerText]
  .filter(Boolean).join(" ").replace(/\\s+/g, " ").trim().slice(0, 90);
"""
SETTLED = f"""(names => {{ {FUNCTIONS}
  const places = [...document.querySelectorAll(".chart")];
  return names.join() === [...document.querySelectorAll(".panel")].map(panel => panel.id).join()
    && places.every(place => all(place).some(item => item.tagName === "svg" && item.classList.contains("marks")));
}})"""
#: Names of all that can be used.
USABLE = f"""(() => {{ {FUNCTIONS}
  const usable = "a[href], button, input, select, summary, textarea, [tabindex]";
  return all(document).filter(item => item.matches(usable) && !item.disabled && item.tabIndex >= 0
    && !item.closest("[aria-hidden=true]") && !item.getRootNode().host?.closest("[aria-hidden=true]")
    && item.checkVisibility({{visibilityProperty: true}})).map(named);
}})()"""
FOCUSED = f"(() => {{ {FUNCTIONS} return focused() ? named(focused()) : ''; }})()"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Before anything is built the page says so; it opens by itself."""
    folder = tmp_path_factory.mktemp("site")
    with running(folder / "warehouse") as address, chromium(folder / "profile") as page:
        for domain in ("Network", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        page.call("Emulation.setTimezoneOverride", timezoneId="America/New_York")
        page.open(address, "nothing is built in")
        snapshot = build(folder / "warehouse", folder / "documents")
        wait_for(lambda: article_count(page) == "21", "articles of both sources", page.text)
        yield Site(address, page, snapshot)


#: What can be moved sideways, other than tables and texts of queries, which may be wider than a phone.
SLIDING = """[...document.querySelectorAll("*")]
    .filter(item => item.scrollWidth > item.clientWidth + 1 && !item.matches(".rows, pre"))
    .filter(item => ["auto", "scroll"].includes(getComputedStyle(item).overflowX))
    .map(item => `${item.tagName} ${item.className}: ${item.scrollWidth} > ${item.clientWidth}`)"""


def tab_to(page: Page, name: str) -> None:
    """Go with the tab key alone to what has a name."""
    for _ in range(300):
        page.press("Tab")
        if name in str(page.evaluate(FOCUSED)):
            return
    raise AssertionError(f"the tab key does not reach {name!r}")


def serious_violations(page: Page) -> dict[str, list[Any]]:
    """What axe-core finds in the light, and of colors, which are all that differs, in the dark."""
    found = {}
    for scheme, only in (("dark", {"runOnly": ["color-contrast"]}), ("light", {})):
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        violations = page.evaluate(
            f"axe.run(document, {json.dumps(only | {'resultTypes': ['violations']})}).then(result => "
            "result.violations.filter(found => ['serious', 'critical'].includes(found.impact))"
            ".map(found => [found.id, ...found.nodes.slice(0, 3).map(node => node.html.slice(0, 200))]))"
        )
        found |= {scheme: violations} if violations else {}
    return found


browser = pytest.mark.browser
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on PATH")


@browser
@needs_chromium
def test_a_reader_filters_follows_links_and_takes_rows_and_nothing_of_strangers_runs(site: Site) -> None:
    page = site.page
    # Another name for this machine, which a page of another site could have made, is refused.
    request = urllib.request.Request(site.address, headers={"Host": "rebound.example"})
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(request, timeout=PATIENCE_SECONDS).close()

    # By keyboard alone: a search narrows the page and stands in the address.
    site.open("In figures")
    tab_to(page, "Search")
    page.call("Input.insertText", text="facial recognition")
    page.press("Enter")
    wait_for(lambda: "query" in parameters(page), "search in the address", page.text)
    assert parameters(page) == {"query": ["facial recognition"], "time_zone": ["America/New_York"]}
    with duckdb.connect(str(site.snapshot.database), read_only=True) as connection:
        [(expected,)] = connection.execute("select count(*) from articles_matching('facial recognition')").fetchall()
    wait_for(lambda: article_count(page) == str(expected), "articles of the search", page.text)

    # A link reopens what one saw, on another page and with a host.
    site.open("other.example", page="Blind spots", provider="other.example", source="seeds", minimum_count="3")
    site.open("Not narrowed by publisher.", publisher="Forbes")
    wait_for(lambda: article_count(page) == "2", "articles that Forbes wrote", page.text)
    site.open("Who leads each topic", page="Rhythm and topics", time_zone="Asia/Tokyo")
    assert "Hour of the day (Asia/Tokyo)" in page.text_of_charts()
    page.open(f"{site.address}?topic=Nothing", "the nearest are")

    # The rows of a panel are its CSV.
    site.open("How one story unfolded", page="Stories", story="hostile.md")
    link = str(page.evaluate("document.querySelector('#timeline a[download]').href"))
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(link.partition("base64,")[2]).decode())))
    cells = page.evaluate(
        "[...document.querySelectorAll('#timeline tbody tr')].map(row => row.cells[3].innerText.trim())"
    )
    assert [row["title"].removeprefix("'") for row in rows] == cells
    assert rows[1]["title"].startswith("'=HYPERLINK"), "a spreadsheet would run it"

    # Nothing that strangers wrote ran, is markup, or leads anywhere but to the web.
    assert "window.ran" in page.text()
    assert page.evaluate("typeof window.ran") == "undefined"
    assert page.evaluate("document.querySelectorAll('.panel img, .panel script, .panel b').length") == 0
    targets = page.evaluate("[...document.querySelectorAll('.panel a')].map(link => link.protocol)")
    assert set(targets) == {"http:", "https:", "data:"}

    asked = {
        urlsplit(event["params"]["request"]["url"])
        for event in page.events
        if event.get("method") == "Network.requestWillBeSent"
    }
    assert {address.hostname for address in asked if address.scheme not in ("data", "blob")} == {"127.0.0.1"}
    assert page.errors() == []


@browser
@needs_chromium
def test_the_keyboard_alone_reaches_everything_on_every_page_and_axe_finds_nothing_serious(site: Site) -> None:
    page = site.page
    site.open("In figures")
    if AXE is not None:
        page.evaluate(f"{AXE.read_text(encoding='utf-8')}; 0")
    for name in PAGES:
        tab_to(page, f"BUTTON {name}")
        page.press("Enter")
        site.settle(name)
        wait_for(
            lambda name=name: parameters(page).get("page", ["Overview"]) == [name], "page in the address", page.text
        )
        names = set(page.evaluate(USABLE))
        for label in (
            "Source",
            "Topic",
            "Search",
            "From",
            "To",
            "Host",
            "Written by",
            "Count by",
            "Smallest count",
            *PAGES,
        ):
            assert any(label in found for found in names), label
        for panel in PAGES[name].panels:
            assert any(f"SQL : {panel.title}" in found for found in names), panel.title
        reached: set[str] = set()
        for _ in range(3 * len(names)):
            page.press("Tab")
            reached.add(str(page.evaluate(FOCUSED)))
            if names <= reached:
                break
        assert names - reached == set()
        assert AXE is None or serious_violations(page) == {}
        page.call("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
        wait_for(lambda: page.evaluate(SLIDING) == [], "a page as wide as a phone", lambda: page.evaluate(SLIDING))
        page.call("Emulation.clearDeviceMetricsOverride")

    # What takes long is computed when its button is pressed, which the tab key reached above.
    site.open("it is computed on request", page="First and late")
    tab_to(page, "BUTTON Compute")
    page.press("Enter")
    wait_for(lambda: "it is computed on request" not in page.text(), "influence", page.text)
    assert page.evaluate("document.querySelectorAll('#influence tbody tr').length") > 10
    if AXE is None:
        pytest.skip("axe-core-python is not installed; the keyboard alone was tried, and reaches everything")


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
    seed_snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A copy: the dashboard keeps it open, and what is open in a process shares its locks with the tests that follow.
    warehouse = shutil.copytree(seed_snapshot.folder.parents[1], tmp_path / "warehouse", symlinks=True)
    monkeypatch.setenv("BROADSHEET_WAREHOUSE", str(warehouse))
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
