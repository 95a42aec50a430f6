"""What the README says is so: outputs, names, files, commands, options and exit codes."""

from __future__ import annotations

import re
import shlex
from itertools import chain

import pytest
from click.testing import CliRunner

from pipeline.definitions import definitions
from pipeline.errors import BroadsheetError
from pipeline.schema.tables import TABLES
from pipeline.settings import PROJECT_FOLDER
from pipeline.terminal.cli import main
from pipeline.warehouse.snapshots import Snapshot
from pipeline.warehouse.sql_files import all_queries

README = (PROJECT_FOLDER / "README.md").read_text(encoding="utf-8")
OUTPUT = re.compile(r"^<!-- output: broadsheet ([^\n]+) -->\n```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Above this line commands answer from the bundled seed, below it from the made-up corpus that it makes.
GENERATE = "$ .venv/bin/broadsheet generate 2000 "
NAMES = sorted(set(re.findall(r"`([a-z_]+)`", README)) - {"broadsheet"})
DEFINITIONS = definitions()
#: Sensors and schedules, and whether they are on from the start.
AUTOMATION = {
    item.name: "on" if item.default_status.value == "RUNNING" else "off"
    for item in [*(DEFINITIONS.sensors or ()), *(DEFINITIONS.schedules or ())]
}
MAKEFILE = (PROJECT_FOLDER / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("corpus", ["seed", "generated"])
def test_commands_print_what_is_shown(
    corpus: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot: Snapshot = request.getfixturevalue(f"{corpus}_snapshot")
    monkeypatch.setenv("BROADSHEET_WAREHOUSE", str(snapshot.folder.parents[1]))
    monkeypatch.delenv("COLUMNS", raising=False)
    seed, generated = README.split(GENERATE)
    shown = OUTPUT.findall({"seed": seed, "generated": generated}[corpus])
    assert len(shown) >= 2
    for command, output in shown:
        result = CliRunner().invoke(main, shlex.split(command))
        assert result.exit_code == 0, result.output
        assert without_margins(result.output) == without_margins(output), command


def without_margins(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def test_every_output_follows_the_query_that_people_read() -> None:
    pattern = r"^```sql\n([^`]+)^```\n\n<!-- output: broadsheet sql \"([^\n]*)\" -->"
    shown = re.findall(pattern, README, re.MULTILINE)
    assert len(shown) == len(OUTPUT.findall(README)) == README.count("<!-- output") >= 5
    assert [" ".join(query.split()) for query, _ in shown] == [query for _, query in shown]


def test_every_table_and_view_named_exists() -> None:
    described = README.partition("\n## The tables\n")[2].partition("\nReaders of Parquet")[0]
    tables = {name for name in re.findall(r"`(\w+)`", described) if name in TABLES}
    assert tables == set(TABLES)
    queries = all_queries().values()
    known = {*TABLES, *all_queries(), *main.commands, *chain.from_iterable(query.columns for query in queries)}
    known |= {declaration.split()[0] for query in queries for declaration in query.parameters}
    jobs = {job.name for job in DEFINITIONS.resolve_all_job_defs()}
    assert set(NAMES) <= known | jobs | set(AUTOMATION)
    for argument in re.findall(r"`broadsheet (?:tables|metrics) (\w+)`", README):
        assert argument in known


@pytest.mark.parametrize("make", sorted(set(re.findall(r"\bmake ([a-z]+)(?=`|\s+#)", README))))
def test_every_make_target_exists(make: str) -> None:
    assert re.search(rf"^{make}:.*## ", MAKEFILE, re.MULTILINE), make


def test_what_runs_by_itself_is_listed_with_its_first_state() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| .+ \| (on|off) \|$", README, re.MULTILINE))
    assert rows == AUTOMATION


def test_every_file_named_exists() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    paths = re.findall(r"`((?:pipeline|sql|seeds|docs|tests)/[\w/.]*)`", README)
    modules = re.findall(r"`(\w+\.(?:py|yaml))`", README)
    assert links
    assert paths
    assert modules
    for path in [*links, *paths]:
        assert (PROJECT_FOLDER / path).exists(), path
    for module in modules:
        assert (PROJECT_FOLDER / "pipeline" / module).exists() or (PROJECT_FOLDER / module).exists(), module


def test_the_commands_are_all_of_them_with_options_that_exist() -> None:
    rows = re.findall(r"^\| (`broadsheet .+?) \| (.+) \|$", README, re.MULTILINE)
    listed = set()
    for commands, what in rows:
        for text in re.findall(r"`broadsheet ([^`]+)`", commands):
            command = main.commands[text.split()[0]]
            listed.add(command.name)
        options = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[\w-]+", what)) <= options
    assert listed == set(main.commands)
    parameters = chain.from_iterable(command.params for command in main.commands.values())
    known = set(chain.from_iterable(parameter.opts for parameter in parameters))
    assert set(re.findall(r"(?<=[ `])--[a-z][a-z-]*", README)) <= known


def test_the_exit_codes_are_those_of_the_errors() -> None:
    [codes] = re.findall(r"^Exit codes: ([^.]*)\.", README, re.MULTILINE)
    listed = [int(code) for code in re.findall(r"(?:^|,\s)(\d+) ", codes)]
    assert listed == [0, *sorted({error.exit_code for error in (BroadsheetError, *BroadsheetError.__subclasses__())})]


def test_the_picture_of_the_flow_shows_what_the_package_has() -> None:
    picture = (PROJECT_FOLDER / "docs/images/flow.svg").read_text(encoding="utf-8")
    steps = re.findall(r'class="step">(\w+)<', picture)
    assert {"sources", "reading", "entries", "tables", "warehouse", "sql", "build"} < set(steps)
    for step in steps:
        places = (f"pipeline/{step}.py", f"pipeline/{step}", step)
        assert any((PROJECT_FOLDER / place).exists() for place in places), step
