"""SQL and texts of others: what a safe query cannot reach, and what never gets to a terminal or into a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner, Result

from pipeline.errors import BroadsheetError, InputError
from pipeline.terminal import results
from pipeline.terminal.cli import main
from pipeline.texts import CONTROLS, visible
from pipeline.warehouse.asking import Access, QueryError, open_database
from pipeline.warehouse.database import build_database
from pipeline.warehouse.snapshots import Snapshot

#: A title of a window, a color, a turn of the reading order, letters without width, a line and a paragraph of its own.
HOSTILE = "\x1b]0;x\x07\x1b[31mred\x9b32m\u202eevil\u2066\u200b\u200f\u2028\ufeff\x7f"


def ask(snapshot: Snapshot, *words: str, stdin: str = "") -> Result:
    result = CliRunner().invoke(main, [*words, "--warehouse", str(snapshot.folder.parents[1])], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return result


@pytest.fixture(scope="module")
def large(seed_snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database whose tables are views of their Parquet files, as those of very many rows are."""
    folder = tmp_path_factory.mktemp("large")
    files = {file.stem: Path(shutil.copy(file, folder)) for file in seed_snapshot.folder.glob("*.parquet")}
    build_database(folder / "warehouse.duckdb", files, copied_rows=0)
    return folder / "warehouse.duckdb"


# Safe queries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "from read_text('{file}')",
        "from '{file}'",
        "from read_csv('{file}')",
        "from glob('{folder}/*')",
        "from sniff_csv('{file}')",
        "copy topics to '{folder}/new.csv'",
        "copy topics to '{own}' (use_tmp_file false)",
        "explain analyze copy topics to '{own}' (use_tmp_file false)",
        "prepare writing as copy topics to '{own}' (use_tmp_file false)",
        "export database '{folder}/export'",
        "attach '{folder}/new.duckdb'",
        "attach '{folder}/other.duckdb'",
        "from read_parquet('https://a.example/x.parquet')",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "reset lock_configuration",
        "set threads = 1",
        "pragma profiling_output = '{folder}/profile.json'",
        "call enable_logging(storage := 'file', storage_path := '{folder}/log')",
        "from enable_profiling(save_location := '{folder}/profile.json', format := 'json'); from topics",
        "select 1; copy topics to '{folder}/new.csv'",
        "create temp table mine as select 1",
        "from query",
    ],
)
def test_a_safe_query_reaches_no_file_no_network_no_setting_and_no_variable(
    large: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], query: str
) -> None:
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    duckdb.connect(str(tmp_path / "other.duckdb")).close()
    before = {file: file.read_bytes() for file in [*tmp_path.iterdir(), *large.parent.iterdir()]}
    asked = query.format(file=tmp_path / "secret.csv", folder=tmp_path, own=large.parent / "topics.parquet")
    with pytest.raises(QueryError):
        results.show(large, asked, "csv", Access(safe=True))
    assert "secret" not in capsys.readouterr().out.replace("secret.csv", "")
    assert {file: file.read_bytes() for file in [*tmp_path.iterdir(), *large.parent.iterdir()]} == before


@pytest.mark.parametrize(
    "query",
    [
        "from topics",
        "with many as (from articles) select count(*) from many",
        "pivot topics on name using count(*)",
        "describe topics",
        "summarize topics",
        "show tables",
        "from share_of_voice",
        "from story_timeline('facial')",
        "pragma table_info('topics')",
        "values (1), (2)",
    ],
)
def test_a_safe_query_gets_the_answer_of_a_plain_one(
    large: Path, capsys: pytest.CaptureFixture[str], query: str
) -> None:
    answers = []
    for access in (Access(), Access(safe=True)):
        results.show(large, query, "csv", access)
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]
    assert len(answers[0].splitlines()) > 1


def test_connections_of_one_process_to_one_file_are_all_safe(seed_snapshot: Snapshot) -> None:
    safe, file = Access(safe=True), seed_snapshot.folder / "views" / "share_of_voice.parquet"
    secret = pl.DataFrame({"a": [1]})
    assert secret.height == 1
    with open_database(seed_snapshot.database, safe) as first, open_database(seed_snapshot.database, safe) as second:
        for connection in (first, second):
            assert connection.execute("select count(*) from articles").fetchone() == (19,)
            assert connection.execute(f"select count(*) from '{file}'").fetchone() == (18,)
            for query in ("from secret", f"from read_text('{__file__}')", "set enable_external_access = true"):
                with pytest.raises(duckdb.Error):
                    connection.execute(query)


def test_safe_holds_on_the_command_line_and_at_the_prompt(seed_snapshot: Snapshot, tmp_path: Path) -> None:
    file = tmp_path / "secret.txt"
    file.write_text("secret")
    query = f"select content from read_text('{file}')"
    assert "secret" in ask(seed_snapshot, "sql", query).stdout
    for result in (ask(seed_snapshot, "sql", "--safe", query), ask(seed_snapshot, "sql", "--safe", stdin=f"{query};")):
        assert (result.exit_code, result.stdout) == (1, "")
        assert "disabled" in result.stderr
    refused = ask(seed_snapshot, "sql", "--safe", "from topics", "--parquet", str(tmp_path / "topics.parquet"))
    assert (refused.exit_code, "--safe writes no file" in refused.stderr) == (InputError.exit_code, True)


def test_the_help_says_what_plain_sql_may_do() -> None:
    text = " ".join(CliRunner().invoke(main, ["sql", "--help"]).output.split())
    assert "reads and writes every file that you may read and write yourself" in text
    assert "With --safe it does neither" in text


@pytest.mark.parametrize("output", ["table", "csv", "json"])
def test_a_query_that_takes_too_long_is_stopped(
    seed_snapshot: Snapshot, capsys: pytest.CaptureFixture[str], output: str
) -> None:
    endless = "select 1 as a; select count(*) as b from range(100_000_000_000) as a, range(100_000_000_000) as b"
    with pytest.raises(QueryError, match=r"stopped after 0\.3 s;"):
        results.show(seed_snapshot.database, endless, output, Access(seconds=0.3))
    assert capsys.readouterr().out.split()[:1] == (["a"] if output == "table" else [])


def test_a_database_that_another_program_holds_open_for_writing_names_it(
    seed_snapshot: Snapshot, tmp_path: Path
) -> None:
    file = Path(shutil.copy(seed_snapshot.database, tmp_path))
    file.chmod(0o644)
    holds = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", holds, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(BroadsheetError, match=rf"another program holds it open for writing \(.+PID {holder.pid}\)"):
            results.show(file, "from topics", "csv", Access())


# Arguments ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["-- a remark\nselect 42 as a", "--\nselect 42 as a", "--remark\nselect 42 as a"])
def test_a_query_may_begin_with_a_remark(seed_snapshot: Snapshot, query: str) -> None:
    assert ask(seed_snapshot, "sql", query, "--csv").stdout == "a\n42\n"


def test_a_wrong_option_is_no_remark(seed_snapshot: Snapshot) -> None:
    result = ask(seed_snapshot, "sql", "--cvs", "select 1")
    assert (result.exit_code, "--csv" in result.stderr) == (2, True)


def test_a_pivot_shows_its_result(seed_snapshot: Snapshot) -> None:
    shown = ask(seed_snapshot, "sql", "pivot (select 'x' as name, 3 as k) on name using sum(k)").stdout
    assert shown.split() == ["x", "3", "1", "row"]


@pytest.mark.parametrize(
    "typed", ["from nothing_here;\nselect 1;\n", "select 1;\nfrom nothing_here", "from x;\n.exit\n"]
)
def test_a_pipe_ends_with_1_when_one_of_its_queries_failed(seed_snapshot: Snapshot, typed: str) -> None:
    assert ask(seed_snapshot, "sql", stdin=typed).exit_code == 1
    assert (
        ask(
            seed_snapshot, "sql", stdin=typed.replace("from nothing_here", "select 2").replace("x;", "topics;")
        ).exit_code
        == 0
    )


@pytest.mark.parametrize("flags", [["--csv", "--json"], ["--safe-csv", "--csv"], ["--json", "--parquet", "x.parquet"]])
def test_two_outputs_at_once_are_refused(seed_snapshot: Snapshot, flags: list[str]) -> None:
    result = ask(seed_snapshot, "sql", "select 1", *flags)
    assert (result.exit_code, result.stdout) == (InputError.exit_code, "")
    assert "give one of" in result.stderr


# Terminals ----------------------------------------------------------------------------------------------------------


def controls(text: str) -> set[str]:
    """Those characters of a text, its ends of lines aside, that must not reach a terminal."""
    return set(CONTROLS.findall(text.replace("\n", "")))


def test_every_control_and_every_mark_that_deceives_is_seen() -> None:
    assert controls(HOSTILE) == set(HOSTILE) - set("]0;x[31mred32mevil")
    assert visible("Plain – “ü” 日本 \U0001f600") == "Plain – “ü” 日本 \U0001f600"


@pytest.mark.parametrize(
    "words",
    [
        ["sql", f"select 1 as \"{HOSTILE}\", '{HOSTILE}' as b"],
        ["sql", f"select cast('{HOSTILE}' as int)"],
        ["sql", f'from "{HOSTILE}"'],
        ["sql", f"select ['{HOSTILE}'] as a, {{'{HOSTILE}': 1}} as b"],
        ["sql", "select 1", f"--{HOSTILE}"],
        ["sql", "--file", HOSTILE],
        ["sql", "--timeout", HOSTILE],
        ["tables", HOSTILE],
        ["metrics", HOSTILE],
        ["rollback", HOSTILE],
        ["build", f"{HOSTILE}=nothing/there"],
        ["build", f"nothing/{HOSTILE}"],
        ["generate", "1", f"nothing/{HOSTILE}", "--answer-key", f"nothing/{HOSTILE}"],
        [HOSTILE],
    ],
)
def test_no_control_reaches_a_terminal(seed_snapshot: Snapshot, words: list[str]) -> None:
    result = CliRunner().invoke(main, words, env={"BROADSHEET_WAREHOUSE": str(seed_snapshot.folder.parents[1])})
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.output
    assert controls(result.output) == set()


def test_names_of_sources_files_and_folders_reach_the_terminal_without_controls(tmp_path: Path) -> None:
    name = f"{HOSTILE}[bold]\n".replace("\x7f", "")
    source = tmp_path / name
    source.mkdir()
    (source / f"{name}.txt").write_text("no front matter")
    (source / "good.txt").write_text(f'---\ntitle: "{json.dumps(HOSTILE)[1:-1]}"\nurl: https://a.example/1\n---\n')
    runner = CliRunner()
    warehouse = str(tmp_path / f"warehouse{HOSTILE}".replace("[", ""))
    outputs = [
        runner.invoke(main, [*words, "--warehouse", warehouse]).output
        for words in (
            ["build", str(source)],
            ["status"],
            ["snapshots"],
            ["sql", "from sources"],
            ["build", str(source)],
        )
    ]
    assert [controls(output) for output in outputs] == [set()] * len(outputs)
    assert all("[bold]" in outputs[number] for number in (1, 3)), outputs


# Files --------------------------------------------------------------------------------------------------------------


def literal(text: str) -> str:
    return text.replace("'", "''")


def test_csv_and_json_keep_every_character(seed_snapshot: Snapshot) -> None:
    query = f"select '{literal(HOSTILE)}ü €' as \"{HOSTILE}\""
    rows = list(csv.reader(io.StringIO(ask(seed_snapshot, "sql", query, "--csv").stdout, newline="")))
    assert rows == [[HOSTILE], [f"{HOSTILE}ü €"]]
    text = ask(seed_snapshot, "sql", query, "--json").stdout
    assert json.loads(text) == [{HOSTILE: f"{HOSTILE}ü €"}]
    assert controls(text) == set()
    assert "ü €" in text


def test_csv_for_a_spreadsheet_holds_no_formula(seed_snapshot: Snapshot) -> None:
    starts = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
    query = " union all ".join(
        f"select {number} as place, '{start}1+1' as \"=name\", -1.5 as amount" for number, start in enumerate(starts)
    )
    query = f"{query} union all select 99, 'plain -1 = @x', 2 order by 1"
    plain, guarded = (
        list(csv.reader(io.StringIO(ask(seed_snapshot, "sql", query, flag).stdout, newline="")))
        for flag in ("--csv", "--safe-csv")
    )
    assert [row[1] for row in plain] == ["=name", *(f"{start}1+1" for start in starts), "plain -1 = @x"]
    assert [row[1] for row in guarded] == ["'=name", *(f"'{start}1+1" for start in starts), "plain -1 = @x"]
    assert [row[2] for row in guarded] == [row[2] for row in plain] == ["amount", *["-1.5"] * len(starts), "2.0"]
