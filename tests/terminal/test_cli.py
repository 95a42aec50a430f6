"""The command `broadsheet`: every command, flag and exit code, errors as one sentence, and help that works as shown."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from pipeline.samples import generate_corpus
from pipeline.settings import PROJECT_FOLDER, Limits
from pipeline.terminal.cli import main
from pipeline.warehouse.database import read_only
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from tests.helpers import PATIENCE_SECONDS

PROGRAM = Path(sys.executable).with_name("broadsheet")
SEEDS = PROJECT_FOLDER / "seeds"
#: Commands that read a warehouse, each with what it needs.
READING = [["sql", "select 1"], ["tables"], ["metrics"], ["status"], ["snapshots"], ["rollback"]]


@dataclass(frozen=True)
class CommandLine:
    """Commands in a folder of their own, with a warehouse that a test may change and a run history."""

    folder: Path

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.folder / "warehouse")

    @property
    def environment(self) -> dict[str, str | None]:
        return {
            "DAGSTER_HOME": str(self.folder / "home"),
            "BROADSHEET_WAREHOUSE": str(self.warehouse.folder),
            "BROADSHEET_SOURCES": None,
        }

    def run(self, *words: str | Path, **environment: str) -> Result:
        """Run a command in this process. Nothing but an exit may come out of it."""
        result = CliRunner().invoke(
            main, list(map(str, words)), env=self.environment | environment, prog_name="broadsheet"
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        return result

    def fails(self, code: int, *words: str | Path, **environment: str) -> str:
        """Run a command that must fail; returns its one sentence."""
        result = self.run(*words, **environment)
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        [line] = result.stderr.splitlines()
        assert line.startswith("broadsheet: ")
        return line.removeprefix("broadsheet: ")

    def write(self, path: str, title: str) -> Path:
        """Write a document; returns the folder of its source."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            f"---\ntitle: {title}\nwebUrl: https://example.com/{file.stem}\npublishedDateTime: 2020-06-17T18:00:00Z\n"
            "type: article\nprovider: {name: Example, domain: example.com}\n---\n"
        )
        return file.parent

    def state(self) -> dict[str, bytes]:
        """What readers see: the pointer and every file of every snapshot."""
        files = (file for file in self.warehouse.snapshots_folder.rglob("*") if file.is_file())
        current = os.fsencode((self.warehouse.folder / "current").readlink())
        return {"current": current} | {str(file): file.read_bytes() for file in files}

    def same_again(self, name: str) -> None:
        """Another snapshot with the content of the current one."""
        shutil.copytree(self.warehouse.current().folder, self.warehouse.snapshots_folder / name)


@pytest.fixture
def place(tmp_path: Path, seed_snapshot: Snapshot) -> CommandLine:
    """A place whose warehouse holds the bundled seed."""
    return _place(tmp_path, seed_snapshot)


@pytest.fixture
def new_place(tmp_path: Path) -> CommandLine:
    """A place where nothing is built."""
    return CommandLine(tmp_path)


@pytest.fixture(scope="session")
def troubled(tmp_path_factory: pytest.TempPathFactory, seed_snapshot: Snapshot) -> tuple[CommandLine, Result]:
    """A place whose second snapshot has good and bad documents of two sources, and the result of its build; for tests
    that change nothing."""
    place = _place(tmp_path_factory.mktemp("cli"), seed_snapshot)
    place.write("feed/one.md", "One")
    place.write("feed/two.md", "Two")
    place.write("feed/long.md", "Long" * 1000)
    place.write("feed/deep.md", "Deep\ndeep: [[[[[[[1]]]]]]]")
    place.write("feed/many.md", "Many\nmany: [" + "1," * 1000 + "]")
    (place.folder / "feed" / "README.md").write_text("This is no document.")
    place.write("a=b/three.md", "Three")
    with pytest.MonkeyPatch.context() as monkeypatch:
        # What is printed below "Next:" names the program that was called.
        monkeypatch.setattr(sys, "argv", [str(PROGRAM)])
        flags = ["--processes", "1", "--strict", "--full", "--wait", "5", "--warehouse", str(place.warehouse.folder)]
        result = place.run("build", *sources_of(place), *LIMITS, *flags, BROADSHEET_WAREHOUSE="")
    return place, result


LIMITS = ["--max-bytes", "3000", "--max-depth", "5", "--max-values", "1000"]


def sources_of(place: CommandLine) -> list[str]:
    """The sources of `troubled`; a path with an equals sign is a path where it is there."""
    return [f"news={place.folder / 'feed'}", str(place.folder / "a=b")]


def _place(folder: Path, seed_snapshot: Snapshot) -> CommandLine:
    folder.mkdir(exist_ok=True)
    place = CommandLine(folder)
    shutil.copytree(seed_snapshot.folder.parent.parent, place.warehouse.folder, symlinks=True)
    return place


def rows(place: CommandLine, query: str) -> list[tuple[object, ...]]:
    with read_only(place.warehouse.current().database) as connection:
        return connection.execute(query).fetchall()


# build --------------------------------------------------------------------------------------------------------------


def test_a_build_reads_named_sources_and_keeps_to_its_limits(troubled: tuple[CommandLine, Result]) -> None:
    place, _ = troubled
    assert rows(place, "select source_name, path from documents order by all") == [
        ("a=b", "three.md"),
        ("news", "one.md"),
        ("news", "two.md"),
    ]
    assert rows(place, "select path, reason from rejected_documents order by all") == [
        ("deep.md", "too_deep"),
        ("long.md", "too_large"),
        ("many.md", "too_costly"),
    ]
    assert place.warehouse.current().record.limits == Limits(3000, 5, 1000)


def test_strict_ends_with_1_when_files_were_rejected_and_publishes_all_the_same(
    troubled: tuple[CommandLine, Result],
) -> None:
    place, result = troubled
    assert result.exit_code == 1
    assert len(place.warehouse.snapshots()) == 2
    assert f"Snapshot {place.warehouse.current().name}: built in" in result.stdout


def test_a_larger_share_of_rejected_files_than_allowed_ends_with_3_and_publishes_nothing(place: CommandLine) -> None:
    place.write("feed/one.md", "One")
    feed = place.write("feed/long.md", "Long" * 1000)
    before = place.state()
    problem = place.fails(3, "build", feed, "--max-bytes", "3000", "--max-rejected-share", "0.4")
    assert problem.startswith("not published, 1 of 2 files")
    assert "long.md" in problem
    assert place.state() == before
    assert place.run("build", feed, "--max-bytes", "3000", "--max-rejected-share", "0.5").exit_code == 0


def test_the_summary_of_a_build_has_its_numbers(troubled: tuple[CommandLine, Result]) -> None:
    place, result = troubled
    numbers = dict(re.findall(r"^  ([a-z ]+?) {2,}([\d,]+)", result.stdout, re.MULTILINE))
    tables = {"related links": "related_links"}
    assert numbers == {
        name: str(rows(place, f"select count(*) from {tables.get(name, name)}")[0][0])
        for name in ("documents", "articles", "stories", "providers", "topics", "related links", "findings")
    }
    assert "3 rejected, 1 passed over" in result.stdout
    assert f"  Parquet  {place.warehouse.folder}/current/*.parquet\n" in result.stdout
    assert f"  DuckDB   {place.warehouse.folder}/warehouse.duckdb\n" in result.stdout


def test_the_commands_that_a_build_prints_next_work(troubled: tuple[CommandLine, Result]) -> None:
    commands = next_commands(troubled[1])
    assert len(commands) == 3
    assert "rejected_documents" in commands[-1]
    for command in commands[1:]:
        done = subprocess.run(command, check=False, shell=True, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), command
        assert done.stdout


def test_the_commands_that_a_build_prints_next_are_quoted_for_the_shell(place: CommandLine) -> None:
    warehouse = place.folder / "it's $HOME"
    place.warehouse.folder.rename(warehouse)
    for command in next_commands(place.run("build", SEEDS, "--warehouse", warehouse)):
        assert shlex.split(command)[-2:] == ["--warehouse", str(warehouse)]


def next_commands(result: Result) -> list[str]:
    return [line.strip() for line in result.stdout.partition("Next:\n")[2].splitlines()]


def test_without_rejected_files_the_last_of_the_commands_to_come_next_is_the_ui(place: CommandLine) -> None:
    last = place.run("build", SEEDS).stdout.splitlines()[-1]
    assert re.fullmatch(r"  \S+ ui", last)


def test_no_progress_is_shown_where_there_is_no_terminal(troubled: tuple[CommandLine, Result]) -> None:
    _, result = troubled
    assert result.stderr == ""
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", result.stdout)


def test_a_second_build_says_that_nothing_changed_and_writes_nothing(place: CommandLine) -> None:
    before = place.state()
    result = place.run("build", SEEDS, "--strict")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Snapshot {place.warehouse.current().name}: nothing changed.\n")
    assert "documents                1  0 rejected" in result.stdout
    assert place.state() == before


def test_strict_ends_with_1_also_when_nothing_changed(
    troubled: tuple[CommandLine, Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, _ = troubled
    # Files just written may change without a trace in their times; here they count as settled, as they do later.
    monkeypatch.setattr("pipeline.sources.interface.RACY_NS", -(10**12))
    result = place.run("build", *sources_of(place), *LIMITS, "--strict")
    assert "nothing changed" in result.stdout
    assert result.exit_code == 1
    assert place.run("build", *sources_of(place), *LIMITS).exit_code == 0


def test_wrong_sources_leave_the_snapshot_untouched(place: CommandLine) -> None:
    place.write("feed/one.md", "One")
    place.write("other/feed/one.md", "One")
    (place.folder / "empty").mkdir()
    before = place.state()
    for sources, sentence in (
        ([""], "the source '' has no path; give a folder"),
        ([SEEDS, f"news={place.folder}/missing"], f"{place.folder}/missing does not exist; give a folder"),
        ([SEEDS, place.folder / "empty"], f"{place.folder}/empty holds no documents; give a folder"),
        ([place.folder / "feed", place.folder / "other" / "feed"], "two sources are named 'feed'"),
    ):
        assert sentence in place.fails(2, "build", *sources)
        assert place.state() == before


def test_a_source_of_nothing_but_a_readme_leaves_the_snapshot_untouched(place: CommandLine) -> None:
    (place.folder / "feed").mkdir()
    (place.folder / "feed" / "README.md").write_text("This is no document.")
    before = place.state()
    assert "holds no documents" in place.fails(2, "build", place.folder / "feed", "--processes", "1")
    assert place.state() == before


# Wrong input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", READING, ids=lambda words: words[0])
def test_a_command_without_a_warehouse_says_to_build_one(new_place: CommandLine, words: list[str]) -> None:
    sentence = new_place.fails(2, *words)
    assert sentence == f"nothing is built in {new_place.warehouse.folder} yet; run: broadsheet build"
    assert not new_place.warehouse.folder.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["build", "--processes", "0"],
        ["build", "--max-bytes", "many"],
        ["build", "--warehouse", str(PROJECT_FOLDER / "README.md")],
        ["sql", "--file", "missing.sql"],
        ["sql", "select 1", "--file", str(PROJECT_FOLDER / "sql" / "examples" / "who_was_first.sql")],
        ["sql", "--json"],
        ["sql", "select 1", "--parquet", str(PROJECT_FOLDER)],
        ["tables", "articles", "stories"],
        ["generate", "0", "corpus"],
        ["unknown"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_end_with_2(place: CommandLine, words: list[str]) -> None:
    before = place.state()
    result = place.run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr
    assert place.state() == before


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        (
            "build {seeds} --warehouse file/w",
            2,
            "the warehouse {here}/file/w cannot be written (Not a directory); give",
        ),
        ("generate 3 file/corpus", 1, "file/corpus cannot be used (Not a directory); give another place"),
        (
            "generate 3 new/corpus --answer-key missing/answers.json",
            2,
            "missing is not a folder; give --answer-key a place",
        ),
        ("sql 'select 1' --parquet missing/result.parquet", 1, "missing/result.parquet"),
    ],
)
def test_a_place_that_cannot_be_written_gives_a_sentence(
    place: CommandLine, monkeypatch: pytest.MonkeyPatch, command: str, code: int, sentence: str
) -> None:
    monkeypatch.chdir(place.folder)
    (place.folder / "file").touch()
    said = place.fails(code, *shlex.split(command.replace("{seeds}", str(SEEDS))))
    assert sentence.replace("{here}", str(place.folder)) in said
    assert not (place.folder / "new").exists()


@pytest.mark.parametrize("damage", ["overwritten", "cut off", "lost"])
def test_a_damaged_database_gives_a_sentence_with_a_remedy(place: CommandLine, damage: str) -> None:
    database = place.warehouse.current().database
    content = database.read_bytes()
    database.unlink()
    if damage == "overwritten":
        database.write_bytes(b"This is no database." * 1000)
    elif damage == "cut off":
        database.write_bytes(content[: len(content) // 2])
    for words in (["sql", "select 1"], ["tables"]):
        sentence = place.fails(1, *words)
        assert sentence.startswith(f"the database {database} cannot be opened (")
        assert "broadsheet rollback" in sentence
        assert "broadsheet build --full" in sentence


# Another build ------------------------------------------------------------------------------------------------------


@contextmanager
def held(warehouse: Warehouse) -> Iterator[int]:
    """Another process holds the warehouse; gives its id."""
    code = (
        "import sys; from pathlib import Path; from pipeline.warehouse.snapshots import Warehouse\n"
        "with Warehouse(Path(sys.argv[1])).lock(0): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(warehouse.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process.pid
        process.communicate()


def test_a_warehouse_that_another_build_holds_gives_4_and_is_left_alone(place: CommandLine) -> None:
    place.write("feed/one.md", "One")
    place.same_again("20000101T000000000Z-00000000")
    before = place.state()
    with held(place.warehouse) as process:
        for words in (["build", str(place.folder / "feed"), "--wait", "0"], ["rollback", "--wait", "0"]):
            result = place.run(*words)
            assert (result.exit_code, result.stdout) == (4, ""), words
            waiting, sentence = result.stderr.splitlines()
            assert waiting.startswith("broadsheet: another build holds")
            assert sentence.startswith(f"broadsheet: another build holds {place.warehouse.folder} (process {process},")
            assert sentence.endswith("; run this again when it has ended")
        for words in (["sql", "select 1"], ["status"], ["build", str(SEEDS)]):
            assert place.run(*words).exit_code == 0, words
    assert place.state() == before


# Ctrl-C -------------------------------------------------------------------------------------------------------------

#: What a build of one corpus has made when each of its phases begins.
PHASES = {
    "reading": ".lock-holder",
    "tables": "snapshots/*/sources.parquet",
    "database": "snapshots/*/warehouse.duckdb",
}


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many documents as two workers read, in two shards, and as keep a build busy for a while."""
    folder = tmp_path_factory.mktemp("corpus")
    generate_corpus(6_000, folder, processes=1)
    return folder


@pytest.mark.parametrize("everyone", [True, False], ids=["terminal", "process"])
@pytest.mark.parametrize("phase", PHASES)
def test_ctrl_c_ends_a_build_and_leaves_what_readers_see(
    place: CommandLine, corpus: Path, phase: str, everyone: bool
) -> None:
    """A terminal sends Ctrl-C to the workers, too; another program to one process."""
    before = place.state()
    environment = os.environ | {name: value for name, value in place.environment.items() if value is not None}
    command = [str(PROGRAM), "build", str(corpus), "--full", "--processes", "2"]
    shutil.rmtree(place.warehouse.fragments_folder)
    old = set(place.warehouse.folder.glob(PHASES[phase]))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        while set(place.warehouse.folder.glob(PHASES[phase])) <= old:
            assert process.poll() is None
            time.sleep(0.01)
        (os.killpg if everyone else os.kill)(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, output, errors) == (130, "", "broadsheet: stopped; nothing was published\n")
    assert place.state() == before
    assert list(place.warehouse.fragments_folder.glob(".*")) == []
    assert not (place.warehouse.folder / ".lock-holder").exists()
    assert len(list(place.warehouse.snapshots_folder.iterdir())) == 1


# Snapshots ----------------------------------------------------------------------------------------------------------

OLDEST, OLD = "20000101T000000000Z-aaaaaaaa", "20000102T000000000Z-bbbbbbbb"


@pytest.fixture
def three(place: CommandLine) -> CommandLine:
    """A place with three snapshots, the last one current."""
    place.same_again(OLDEST)
    place.same_again(OLD)
    return place


def test_snapshots_are_listed_latest_first_with_the_current_one_marked(three: CommandLine) -> None:
    current = three.warehouse.current()
    listed = three.run("snapshots").stdout.splitlines()
    names = [re.findall(r"\d{8}T\d{9}Z-\w{8}", line) for line in listed]
    assert [name for line in names for name in line] == [current.name, OLD, OLDEST]
    assert [line.startswith("current ") for line, name in zip(listed, names, strict=True) if name] == [
        True,
        False,
        False,
    ]
    [line] = [line for line in listed if current.name in line]
    built_at = f"{current.record.built_at:%Y-%m-%d %H:%M:%S}"
    assert re.search(rf"{built_at} +1 +0 +19 +\d+ MB", line)


def test_rollback_goes_to_the_snapshot_before_or_the_one_named_and_no_further_than_the_first(
    three: CommandLine,
) -> None:
    current = three.warehouse.current().name
    result = three.run("rollback")
    assert result.stdout == f"{three.warehouse.folder}/current is now {OLD} (was {current})\n"
    assert three.warehouse.current().name == OLD
    assert three.run("rollback", "aaaa").exit_code == 0
    assert (three.warehouse.folder / "warehouse.duckdb").resolve() == three.warehouse.current().database
    assert three.fails(2, "rollback") == f"there is no snapshot before {OLDEST}; see: broadsheet snapshots"
    assert three.warehouse.current().name == OLDEST
    assert len(three.warehouse.snapshots()) == 3


@pytest.mark.parametrize(("name", "problem"), [("200001", "2 snapshots match"), ("nothing", "no snapshot matches")])
def test_rollback_to_no_or_several_snapshots_is_an_error(three: CommandLine, name: str, problem: str) -> None:
    before = three.state()
    sentence = three.fails(2, "rollback", name)
    assert sentence.startswith(problem)
    assert sentence.endswith(f"{name!r}; see: broadsheet snapshots")
    assert three.state() == before


def test_after_a_rollback_the_next_build_publishes_what_the_sources_hold(
    troubled: tuple[CommandLine, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.sources.interface.RACY_NS", -(10**12))
    shutil.copytree(troubled[0].folder, tmp_path / "copy", symlinks=True)
    place = CommandLine(tmp_path / "copy")
    seed = place.warehouse.snapshots()[-1]
    assert place.run("rollback").exit_code == 0
    assert place.warehouse.current().name == seed.name
    # The last build saw the same files, but what it made is not what is current.
    assert place.run("build", *sources_of(troubled[0]), *LIMITS, "--processes", "1").exit_code == 0
    assert place.warehouse.current().name not in (seed.name, troubled[0].warehouse.current().name)
    assert rows(place, "select count(*) from documents") == [(3,)]
    assert len(place.warehouse.snapshots()) == 3


# status -------------------------------------------------------------------------------------------------------------


def test_status_says_what_was_built_and_that_nothing_changed_since(place: CommandLine) -> None:
    result = place.run("status")
    assert result.exit_code == 0
    snapshot = place.warehouse.current()
    assert re.match(rf"{snapshot.name}  built [\d-]+ [\d:]+ UTC, .+ ago\nin {snapshot.folder}, ", result.stdout)
    assert re.search(rf"^seeds +1 +0 +0  {SEEDS} +unchanged *$", result.stdout, re.MULTILINE)
    assert "Rejected" not in result.stdout


def test_status_lists_rejected_files_by_reason(troubled: tuple[CommandLine, Result]) -> None:
    output = troubled[0].run("status").stdout
    assert re.search(r"^a=b +1 +0 +0 ", output, re.MULTILINE)
    assert re.search(r"^news +2 +3 +1 ", output, re.MULTILINE)
    assert re.search(r"^too_deep +1  deep\.md *$", output, re.MULTILINE)
    assert re.search(r"^too_large +1  long\.md *$", output, re.MULTILINE)


def test_status_says_that_sources_changed_or_are_gone(place: CommandLine) -> None:
    source = place.folder / "seeds"
    shutil.copytree(SEEDS, source)
    _move_source(place, source)
    # Copied files have other times, so they must be looked at again.
    assert "run broadsheet build" in place.run("status").stdout
    shutil.rmtree(source)
    result = place.run("status")
    assert result.exit_code == 0
    assert "No such file" in " ".join(result.stdout.split())


def _move_source(place: CommandLine, source: Path) -> None:
    """Let the current snapshot say that it was built from another folder."""
    file = place.warehouse.current().folder / "manifest.json"
    file.chmod(0o644)
    file.write_text(replace(place.warehouse.current().record, sources={"seeds": str(source)}).to_json())


# doctor -------------------------------------------------------------------------------------------------------------


def test_the_doctor_tells_damage_by_its_exit_code_and_heals_it(place: CommandLine) -> None:
    result = place.run("doctor")
    assert (result.exit_code, result.stdout.strip()) == (
        0,
        f"{place.warehouse.folder} is whole: 1 snapshot, every byte read",
    )
    file = place.warehouse.current().table("topics")
    file.unlink()
    result = place.run("doctor")
    assert result.exit_code == 1
    assert "changed file" in result.stdout
    assert "topics.parquet" in "".join(result.stdout.split())
    assert "changed" in place.run("status").stdout
    result = place.run("doctor", "--repair")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].endswith("is whole: 2 snapshots, every byte read")


# The environment ----------------------------------------------------------------------------------------------------


def test_the_warehouse_comes_from_the_flag_else_from_the_environment(place: CommandLine, tmp_path: Path) -> None:
    other = str(tmp_path / "other")
    assert place.run("tables").exit_code == 0
    assert f"nothing is built in {other} yet" in place.fails(2, "tables", BROADSHEET_WAREHOUSE=other)
    said = place.fails(2, "tables", "--warehouse", other)
    assert said == f"nothing is built in {other} yet; run: broadsheet build --warehouse {other}"
    flag = ["--warehouse", str(place.warehouse.folder)]
    for words in READING[:-1]:
        assert place.run(*words, *flag, BROADSHEET_WAREHOUSE=other).exit_code == 0


def test_sources_come_from_the_arguments_else_from_the_environment(place: CommandLine) -> None:
    missing = f"{place.folder}/missing"
    # Without either, the bundled seeds/ are built, which are built already.
    assert "nothing changed" in place.run("build").stdout
    assert "nothing changed" in place.run("build", BROADSHEET_SOURCES=f"seeds={SEEDS}").stdout
    assert "nothing changed" in place.run("build", SEEDS, BROADSHEET_SOURCES=missing).stdout
    assert missing in place.fails(2, "build", BROADSHEET_SOURCES=missing)
    two = os.pathsep.join([str(SEEDS), f"seeds={SEEDS}"])
    assert "two sources are named 'seeds'" in place.fails(2, "build", BROADSHEET_SOURCES=two)


# Progress -----------------------------------------------------------------------------------------------------------


def test_progress_is_shown_on_a_terminal(tmp_path: Path) -> None:
    # Runs a command in a terminal of its own.
    spawn = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    output = subprocess.run(
        [sys.executable, "-c", spawn, str(PROGRAM), "generate", "1500", str(tmp_path / "corpus")],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "200"},
        timeout=PATIENCE_SECONDS,
        text=True,
    ).stdout
    assert re.search(r"documents .*1500/1500", output)
    assert f"1,500 documents written to {tmp_path / 'corpus'}" in re.sub(r"\s+", " ", output)


# generate -----------------------------------------------------------------------------------------------------------


def test_generate_writes_as_many_documents_as_asked_for_and_their_answers(new_place: CommandLine) -> None:
    corpus, answers = new_place.folder / "corpus", new_place.folder / "answers.json"
    result = new_place.run("generate", "12", corpus, "--answer-key", answers, "--seed", "5")
    assert (result.exit_code, result.output) == (0, f"12 documents written to {corpus}\n")
    assert len(list(corpus.rglob("*.md"))) == 12
    key = json.loads(answers.read_text())
    assert (key["count"], key["seed"]) == (12, 5)


def test_generate_writes_only_to_a_new_or_empty_folder(new_place: CommandLine) -> None:
    file = new_place.write("corpus/mine.md", "Mine") / "mine.md"
    sentence = new_place.fails(2, "generate", "3", file.parent)
    assert sentence == f"{file.parent} is not empty; give a new folder"
    assert list(file.parent.iterdir()) == [file]
    (new_place.folder / "new").mkdir()
    assert new_place.run("generate", "3", new_place.folder / "new").exit_code == 0


# Help ---------------------------------------------------------------------------------------------------------------


def help_of(*words: str) -> str:
    result = CliRunner().invoke(
        main, [*words, "--help"], prog_name="broadsheet", terminal_width=200, max_content_width=200
    )
    assert result.exit_code == 0
    return result.stdout


#: The help of the group, under an empty name, and of every command.
HELPS = {"": help_of()} | {name: help_of(name) for name in main.commands}
#: Example lines, without the remark that stands behind some.
EXAMPLES = [
    re.split(r" {3,}", line.strip())[0]
    for text in HELPS.values()
    for line in text.splitlines()
    if re.match(r" +broadsheet ", line)
]


@pytest.mark.parametrize("name", HELPS, ids=lambda name: name or "broadsheet")
def test_help_says_what_a_command_does_and_shows_an_example_of_it(name: str) -> None:
    text = HELPS[name]
    assert text.startswith(f"Usage: broadsheet {name}".rstrip())
    assert re.search(rf"^ +broadsheet {name}", text, re.MULTILINE), "no example"


@pytest.mark.parametrize("name", main.commands)
def test_every_option_is_described(name: str) -> None:
    command = main.commands[name]
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []
    assert command.help
    for option in options:
        assert max(option.opts, key=len) in HELPS[name]


def test_exit_codes_stand_in_the_help() -> None:
    codes = re.sub(r"\s+", " ", HELPS[""].partition("Exit codes:")[2])
    assert re.findall(r"(\d+) \w+", codes) == ["0", "1", "2", "3", "4", "130"]


def test_h_is_short_for_help_and_the_version_is_there(new_place: CommandLine) -> None:
    assert new_place.run("-h").output == new_place.run("--help").output
    assert new_place.run("build", "-h").output == new_place.run("build", "--help").output
    assert re.fullmatch(r"broadsheet, version \d+\.\d+\.\d+\n", new_place.run("--version").output)


@pytest.mark.parametrize("line", dict.fromkeys(EXAMPLES))
def test_examples_of_the_help_work(place: CommandLine, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.chdir(PROJECT_FOLDER)
    words = shlex.split(line.partition(" > ")[0])[1:]
    assert main.commands[words[0]].make_context(words[0], words[1:])
    if words[0] in ("build", "dashboard", "mcp", "mirror", "report", "rollback", "ui"):
        return  # Other tests run them; they take longer, or never end.
    (place.folder / "tmp").mkdir()
    result = place.run(*(word.replace("/tmp/", f"{place.folder}/tmp/").replace("10000", "20") for word in words))
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) > 1 or words[0] in ("generate", "doctor")
