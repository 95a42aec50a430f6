"""The report as a file: whole in itself, harmless, and with the figures of the warehouse."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from click.testing import CliRunner, Result

from pipeline.dashboard.panels import PANELS
from pipeline.definitions import definitions
from pipeline.orchestration.html_report import html_report
from pipeline.orchestration.resource import WarehouseResource
from pipeline.terminal.cli import main
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from tests.helpers.browser import CHROMIUM

HOSTILE = "</script><script>alert(1)</script><img src=https://a.example/x onerror=alert(2)> \u202e =1+1"


@dataclass
class Page(HTMLParser):
    """What a page holds: its elements with their attributes, and the texts of scripts and of everything else."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    scripts: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        self.elements.append((tag, found))
        self._open = [tag]
        if tag == "script":
            self.scripts.append((found.get("type", ""), ""))

    def handle_endtag(self, tag: str) -> None:
        self._open = []

    def handle_data(self, data: str) -> None:
        if self._open == ["script"]:
            kind, text = self.scripts.pop()
            self.scripts.append((kind, text + data))
        elif self._open != ["style"]:
            self.texts.append(data)

    def attributes(self, name: str) -> list[str]:
        return [found[name] for _, found in self.elements if name in found]


@dataclass(frozen=True)
class Made:
    """A warehouse with a hostile title, and its report."""

    warehouse: Warehouse
    file: Path
    text: str
    page: Page

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.warehouse.current().database), read_only=True) as connection:
            return connection.execute(query).fetchall()


def report(warehouse: Path, *words: str | Path) -> Result:
    result = CliRunner().invoke(main, ["report", *map(str, words), "--warehouse", str(warehouse)])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return result


@pytest.fixture(scope="module")
def made(seed_snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("report")
    warehouse = Warehouse(folder / "warehouse")
    copy = warehouse.snapshots_folder / seed_snapshot.name
    shutil.copytree(seed_snapshot.folder, copy)
    (copy / "warehouse.duckdb").chmod(0o644)
    with duckdb.connect(str(copy / "warehouse.duckdb")) as connection:
        connection.execute("update articles set title = ? where title like 'Microsoft pushed%'", [HOSTILE])
        connection.execute("update articles set url = 'javascript:alert(3)' where title like 'Facial%'")
        connection.execute("update providers set name = ? where domain = 'forbes.com'", [HOSTILE])
    warehouse.rollback(copy.name)
    file = folder / "coverage.html"
    file.write_text("what was there before")
    result = report(warehouse.folder, file, "--minimum-count", "1")
    assert (result.exit_code, result.output) == (0, f"a report on 19 articles written to {file}\n")
    assert sorted(item.name for item in folder.iterdir()) == ["coverage.html", "warehouse"]
    text = file.read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    return Made(warehouse, file, text, page)


def test_the_file_asks_nothing_of_any_host_and_is_small(made: Made) -> None:
    assert len(made.text.encode()) < 5_000_000
    tags = {tag for tag, _ in made.page.elements}
    assert not tags & {"link", "img", "iframe", "object", "embed", "video", "audio", "form", "base"}
    assert made.page.attributes("src") == []
    assert re.findall(r"@import|url\(", made.text.partition("</style>")[0]) == []
    for address in made.page.attributes("href"):
        assert re.match(r"https?://|#|data:text/csv", address), address


def test_the_policy_lets_the_one_script_of_the_page_run_and_nothing_else(made: Made) -> None:
    [policy] = [found["content"] for tag, found in made.page.elements if tag == "meta" and "http-equiv" in found]
    assert policy.startswith("default-src 'none'; ")
    run = [text for kind, text in made.page.scripts if kind != "application/json"]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in run]
    assert len(run) == 1
    assert re.findall(r"'sha256-(.+?)'", policy) == hashes
    assert "unsafe-eval" not in policy


def test_each_panel_is_there_with_its_definitions_and_its_query(made: Made) -> None:
    ids = made.page.attributes("id")
    panels = [found for found in ids if not found.startswith("metric-") and not found.endswith("-title")]
    assert panels == [panel.name for panel in PANELS]
    assert len(set(ids)) == len(ids)
    targets = {address[1:] for address in made.page.attributes("href") if address.startswith("#")}
    assert targets == {found for found in ids if found.startswith("metric-")}
    text = " ".join(" ".join(made.page.texts).split())
    for name in {name for panel in PANELS for name in panel.metrics}:
        for (definition,) in made.ask(f"select definition from metrics where name = '{name}' and definition <> ''"):
            assert " ".join(str(definition).split()) in text, name
    assert made.warehouse.current().name in text


def test_the_figures_are_those_of_the_warehouse(made: Made) -> None:
    [(articles, stories)] = made.ask("select (select count(*) from articles), (select count(*) from stories)")
    assert f"<strong>{articles}</strong><span>each counted once" in made.text
    assert f"<strong>{stories}</strong>" in made.text
    drawn = [json.loads(text) for kind, text in made.page.scripts if kind == "application/json"]
    shares = next(chart for chart in drawn if chart["description"] == "Intervals of share of voice")
    [rows] = shares["datasets"].values()
    query = "select share, article_count from share_of_voice_for(minimum_count := 1) order by article_count desc"
    assert [row["share"] for row in rows] == [share for share, _ in made.ask(query)]


def test_hostile_texts_are_shown_and_do_nothing(made: Made) -> None:
    """Nothing of it is an element: what has a handler, a source or a script of its own would be counted above."""
    assert not [name for _, found in made.page.elements for name in found if name.startswith("on")]
    shown = "".join(made.page.texts)
    assert "</script><script>alert(1)</script><img src=https://a.example/x onerror=alert(2)> �" in shown
    assert "\u202e" not in shown
    assert "javascript:" not in "".join(made.page.attributes("href"))


def test_an_empty_selection_is_a_report_that_says_so(made: Made, tmp_path: Path) -> None:
    result = report(
        made.warehouse.folder, tmp_path / "empty.html", "--query", "nosuchword", "--counted-by", "publisher"
    )
    assert (result.exit_code, result.output) == (0, f"a report on 0 articles written to {tmp_path}/empty.html\n")
    text = (tmp_path / "empty.html").read_text(encoding="utf-8")
    assert "search nosuchword; counted by publisher" in text
    assert "No story fits this selection." in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--topic", "Computer Visoin"], "there is no topic 'Computer Visoin'; the nearest are: Computer Vision"),
        (["--provider", "cnett.com"], "there is no provider 'cnett.com'; the nearest are: cnet.com"),
        (["--publisher", "The Verg"], "there is no publisher 'The Verg'; the nearest are: "),
        (["--query", "(x)"], "brackets have no meaning"),
        (["--time-zone", "Europe/Berlim"], "there is no time zone 'Europe/Berlim'; did you mean Europe/Berlin"),
        (["--from-date", "June"], "does not match the format"),
        (["--counted-by", "host"], "'provider', 'publisher'"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_written(
    made: Made, tmp_path: Path, words: list[str], sentence: str
) -> None:
    result = report(made.warehouse.folder, tmp_path / "new.html", *words)
    assert result.exit_code in (1, 2)
    assert sentence in result.output
    assert list(tmp_path.iterdir()) == []


def test_without_a_snapshot_or_a_place_it_says_what_to_do(made: Made, tmp_path: Path) -> None:
    assert "nothing is built in" in report(tmp_path / "none", tmp_path / "new.html").output
    inside = made.warehouse.current().folder / "new.html"
    assert "is part of a snapshot" in report(made.warehouse.folder, inside).output
    assert not inside.exists()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_a_browser_draws_every_chart_and_runs_nothing_of_a_document(made: Made, tmp_path: Path) -> None:
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    options = ["--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom"]
    result = subprocess.run(
        [*command, *options, made.file.as_uri()], capture_output=True, text=True, timeout=90, check=True
    )
    drawn = len([kind for kind, _ in made.page.scripts if kind == "application/json"])
    assert drawn > 5
    body = re.sub("<script.*?</script>", "", result.stdout, flags=re.DOTALL)
    assert body.count("<svg") == drawn
    assert "cannot be drawn" not in body
    # Vega-Lite warns of what it does with heights and with a single point.
    assert [line for line in result.stderr.splitlines() if "CONSOLE" in line and '"WARN ' not in line] == []


def test_a_run_of_dagster_writes_it_where_that_is_switched_on(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keys() -> set[dg.AssetKey]:
        return set(definitions().resolve_asset_graph().get_all_asset_keys())

    monkeypatch.delenv("BROADSHEET_REPORT", raising=False)
    without = keys()
    monkeypatch.setenv("BROADSHEET_REPORT", str(tmp_path / "report.html"))
    assert keys() - without == {dg.AssetKey("report")}
    resource = WarehouseResource(folder=str(made.warehouse.folder))
    with dg.DagsterInstance.ephemeral() as history:
        assets = [html_report(tmp_path / "report.html")]
        result = dg.materialize(assets, resources={"warehouse": resource}, instance=history)
        [event] = result.asset_materializations_for_node("report")
    metadata = {name: value.value for name, value in event.metadata.items()}
    assert metadata["snapshot"] == made.warehouse.current().name
    assert (metadata["file"], metadata["articles"]) == (str(tmp_path / "report.html"), 19)
    assert (tmp_path / "report.html").stat().st_size == metadata["bytes"]
