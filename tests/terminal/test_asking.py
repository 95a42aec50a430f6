"""Answers on the terminal and in files: every format gives back what DuckDB found, and nothing is changed by asking."""

from __future__ import annotations

import csv
import json
import os
import re
import select
import shlex
import shutil
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pytest
from click.testing import CliRunner, Result

from pipeline.schema.tables import TABLES
from pipeline.terminal.cli import main
from pipeline.terminal.story import show_links
from pipeline.warehouse.database import read_only
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from pipeline.warehouse.sql_files import CHAPTERS, MARTS, all_queries
from tests.helpers import PATIENCE_SECONDS

PROGRAM = Path(sys.executable).with_name("broadsheet")
#: What stands in the database beside the tables.
METRICS = sorted(query.name for query in all_queries().values() if query.kind in ("views", "marts", "macros"))
#: Values of every kind that analysts meet.
VALUES = """
select * from (values
    (1, 'plain', 1.5::double, 12.30::decimal(9,2), date '2020-06-17', timestamp '2020-06-17 18:00:05', true, ['a']),
    (-20, 'with "quotes", a comma', -0.25, -1.00, date '1999-12-31', timestamp '1999-12-31 00:00:00.25', false, []),
    (300, 'two
lines', 1e300, 0.01, null, null, null, null),
    (null, '', null, null, null, null, null, [null, 'ü €']),
    (9223372036854775807, null, 0, null, null, null, null, null)
) as t(whole, words, fraction, amount, day, instant, is_so, many)
"""


def ask(snapshot: Snapshot, *words: str | Path, stdin: str = "") -> Result:
    """Run a command that must end without a traceback."""
    warehouse = str(snapshot.folder.parent.parent)
    result = CliRunner().invoke(main, [*map(str, words), "--warehouse", warehouse], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return result


def answer(snapshot: Snapshot, *words: str | Path, stdin: str = "") -> str:
    """What a command that must work prints."""
    result = ask(snapshot, *words, stdin=stdin)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def sentence(snapshot: Snapshot, *words: str | Path, code: int = 1) -> str:
    """The one sentence of a command that must fail."""
    result = ask(snapshot, *words)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("broadsheet: ")
    return line.removeprefix("broadsheet: ")


def lines(snapshot: Snapshot, query: str) -> list[str]:
    """The lines of a table, without the blanks that fill them up."""
    return [line.rstrip() for line in answer(snapshot, "sql", query).splitlines()]


def found(snapshot: Snapshot, query: str) -> list[tuple[Any, ...]]:
    with read_only(snapshot.database) as connection:
        return connection.execute(query).fetchall()


# Tables -------------------------------------------------------------------------------------------------------------


def test_a_table_aligns_numbers_right_and_words_left_and_shows_null_empty(seed_snapshot: Snapshot) -> None:
    query = """
        from (values (1, 'a', 1.5::double, 2.50::decimal(5, 2)), (-1000, 'bcd', null, -10), (null, null, 2500.5, null))
        as t(whole, "[bold]words", fraction, amount)
    """
    assert lines(seed_snapshot, query) == [
        "whole  [bold]words  fraction  amount",
        "    1  a                 1.5    2.50",
        "-1000  bcd                    -10.00",
        "                     2,500.5",
        "3 rows",
    ]


SHOWN = {
    "1.0::double / 3": "0.333333",
    "1081::double": "1,081",
    "4481.24::double": "4,481.24",
    "1234567.8::double": "1,234,568",
    "999999.7::double": "1,000,000",
    "'nan'::double": "nan",
    "true": "true",
    "date '2020-06-17'": "2020-06-17",
    "timestamp '2020-06-17 18:00:05.25'": "2020-06-17 18:00:05.25",
    "''": "",
    "'two' || chr(10) || 'lines' || chr(9) || 'of  it'": "two lines of it",
    "'[red]no markup[/red] [/]'": "[red]no markup[/red] [/]",
    "repeat('x', 72)": "x" * 72,
    "repeat('x', 73)": "x" * 71 + "…",
    "['a', null]": '["a", null]',
    "{'day': date '2020-06-17'}": '{"day": "2020-06-17"}',
    # A text of some document must not color the terminal or move its cursor.
    "'red' || chr(27) || '[31m'": "red�[31m",
}


def test_a_table_shows_values_for_people(seed_snapshot: Snapshot) -> None:
    query = "; ".join(f"select {value} as value" for value in SHOWN)
    shown = lines(seed_snapshot, query)
    assert [line.strip() for line in shown[1::3]] == list(SHOWN.values())
    assert shown[2::3] == ["1 row"] * len(SHOWN)


def test_all_columns_are_shown_where_there_is_no_terminal(seed_snapshot: Snapshot) -> None:
    header, row, note = lines(
        seed_snapshot, ", ".join(["select 1 as a", *(f"repeat('x', 99) as b{n}" for n in range(9))])
    )
    assert header.split() == ["a", *(f"b{n}" for n in range(9))]
    assert row.split() == ["1", *["x" * 71 + "…"] * 9]
    assert note == "1 row"


def at_width(width: int, snapshot: Snapshot, query: str) -> list[str]:
    """The lines of a table on a terminal that is so wide."""
    warehouse = str(snapshot.folder.parent.parent)
    command = shlex.join([str(PROGRAM), "sql", query, "--warehouse", warehouse])
    # Rows that stay short of the last cell: some terminals go to the next line there.
    with terminal_with("sh", "-c", f"unset COLUMNS; stty cols {width}; {command}; echo .") as terminal:
        return [line.rstrip() for line in terminal.wait_for(r"\n\.\n").splitlines()[:-1] if line.strip()]


@pytest.mark.parametrize(("width", "left_out"), [(80, ["e_id", "empty"]), (120, []), (200, [])])
def test_on_a_terminal_texts_become_shorter_before_columns_are_left_out_keys_and_empty_ones_first(
    seed_snapshot: Snapshot, width: int, left_out: list[str]
) -> None:
    query = """
        select 8804083872270442113 as e_id, null as empty, repeat('a', 99) as a, 1234567890 as b, repeat('c', 30) as c,
            1234567890 as d
    """
    header, row, note = at_width(width, seed_snapshot, query)
    shown = {"e_id": "8804083872270442113", "b": "1234567890", "d": "1234567890"}
    if left_out:
        assert note == "1 row; 2 columns left out for lack of room: e_id, empty"
        del shown["e_id"]
    else:
        assert note == "1 row"
    assert header.split() == [name for name in ("e_id", "empty", "a", "b", "c", "d") if name not in left_out]
    values = dict(zip((name for name in header.split() if name != "empty"), row.split(), strict=True))
    assert {name: values[name] for name in shown} == shown  # A number is never cut.
    assert re.fullmatch("a{23,}…", values["a"])
    assert re.fullmatch("c{23,}…?", values["c"])
    assert width - 10 < len(row) <= width or values["a"] == "a" * 71 + "…"


def test_wide_characters_take_two_cells_of_a_table(seed_snapshot: Snapshot) -> None:
    query = """
        from (values ('报道 🚀 微软试图出售面部识别技术'), ('plain'), ('長い題名'), ('ＡＢＣ é'), (repeat('報', 99)))
        as t(title) select title, '|' as mark
    """

    def cells(text: str) -> int:
        return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)

    for width in (40, 80, 120):
        header, *rows, _ = at_width(width, seed_snapshot, query)
        assert len(rows) == 5
        assert len({cells(row[: row.index("|")]) for row in rows}) == 1
        assert all(cells(row) <= width for row in rows)
        assert cells(header[: header.index("mark")]) == cells(rows[0][: rows[0].index("|")])


def test_the_only_column_is_shown_however_wide(seed_snapshot: Snapshot) -> None:
    _, row, *note = at_width(40, seed_snapshot, f'select 123 as "{"n" * 60}", 2 as b')
    assert (row.strip(), note) == ("123", ["1 row; 1 column left out for lack of", "room: b"])


@pytest.mark.parametrize(("count", "note"), [(200, "200 rows"), (201, "first 200 rows; add a limit, or --csv for all")])
def test_a_table_stops_after_200_rows_and_says_so(seed_snapshot: Snapshot, count: int, note: str) -> None:
    shown = lines(seed_snapshot, f"select a from range({count}) as t(a)")
    assert [line.strip() for line in shown[1:-1]] == [str(number) for number in range(200)]
    assert shown[-1] == note


def test_several_statements_give_several_tables(seed_snapshot: Snapshot) -> None:
    shown = lines(seed_snapshot, "select 1 as a; select 'x' as b where false; select 2 as c;")
    assert shown == ["a", "1", "1 row", "b", "0 rows", "c", "2", "1 row"]


def test_tables_views_macros_and_questions_about_the_database_are_answered(seed_snapshot: Snapshot) -> None:
    for query in ("from stories", "from share_of_voice limit 3", "from first_mover_for(minimum_count := 1) limit 3"):
        assert lines(seed_snapshot, query)[-1].split(";")[0] in ("3 rows", "1 row")
    for query in ("describe articles", "show tables", "summarize topics", "explain from topics"):
        assert len(lines(seed_snapshot, query)) > 2


# CSV, JSON and Parquet ----------------------------------------------------------------------------------------------


def test_csv_can_be_read_back(seed_snapshot: Snapshot) -> None:
    text = answer(seed_snapshot, "sql", VALUES, "--csv")
    names, *rows = csv.reader(text.splitlines(keepends=True))
    assert names == ["whole", "words", "fraction", "amount", "day", "instant", "is_so", "many"]
    expected = found(seed_snapshot, VALUES)
    assert len(rows) == len(expected) == 5
    readers = (int, str, float, Decimal, date.fromisoformat, datetime.fromisoformat, json.loads, json.loads)
    for row, values in zip(rows, expected, strict=True):
        for field, value, reader in zip(row, values, readers, strict=True):
            # An empty field is null; CSV has no other way to say it.
            assert (reader(field) == value) if field else value in (None, "")


def read_json(text: str) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_json_can_be_read_back(seed_snapshot: Snapshot) -> None:
    records = read_json(answer(seed_snapshot, "sql", VALUES, "--json"))
    expected = found(seed_snapshot, VALUES)
    assert len(records) == len(expected)
    for record, values in zip(records, expected, strict=True):
        assert list(record) == ["whole", "words", "fraction", "amount", "day", "instant", "is_so", "many"]
        whole, words, fraction, amount, day, instant, is_so, many = record.values()
        read = (
            whole and int(whole),
            words,
            fraction,
            None if amount is None else Decimal(amount),
            day and date.fromisoformat(day),
            instant and datetime.fromisoformat(instant.removesuffix("Z")),
            is_so,
            many,
        )
        assert read == values


def test_json_stays_json_with_nested_values_maps_and_numbers_that_are_none(seed_snapshot: Snapshot) -> None:
    query = """
        select [date '2020-06-17', null] as days, {'a': 1, 'b': [true]} as record, map {'k': 2} as pairs,
            map {date '2020-06-17': 'inf'::float} as by_day, 'nan'::double as nothing, ['-inf'::double, 1] as some
    """
    [record] = read_json(answer(seed_snapshot, "sql", query, "--json"))
    assert record == {
        "days": ["2020-06-17", None],
        "record": {"a": 1, "b": [True]},
        "pairs": {"k": 2},
        "by_day": {"2020-06-17": None},
        "nothing": None,
        "some": [None, 1],
    }


def test_json_loses_no_column_when_two_have_one_name(seed_snapshot: Snapshot) -> None:
    assert "two columns are named 'a'" in sentence(seed_snapshot, "sql", "select 1 as a, 2 as a", "--json")


def test_csv_and_json_hold_all_rows(seed_snapshot: Snapshot) -> None:
    query = "select a from range(25000) as t(a)"
    assert answer(seed_snapshot, "sql", query, "--csv") == "a\n" + "".join(f"{number}\n" for number in range(25_000))
    records = read_json(answer(seed_snapshot, "sql", query, "--json"))
    assert [record["a"] for record in records] == list(range(25_000))


def test_parquet_can_be_read_back(seed_snapshot: Snapshot, tmp_path: Path) -> None:
    file = tmp_path / "it's.parquet"
    assert answer(seed_snapshot, "sql", VALUES, "--parquet", file) == f"5 rows written to {file}\n"
    with duckdb.connect() as connection:
        written = connection.read_parquet(str(file))
        assert written.fetchall() == found(seed_snapshot, VALUES)
        types = "BIGINT VARCHAR DOUBLE DECIMAL(9,2) DATE TIMESTAMP BOOLEAN VARCHAR[]"
        assert " ".join(map(str, written.types)) == types


def test_parquet_replaces_a_file_only_when_the_query_works(seed_snapshot: Snapshot, tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    for _ in range(2):
        answer(seed_snapshot, "sql", "from topics", "--parquet", file)
    before = file.read_bytes()
    sentence(seed_snapshot, "sql", "from nothing", "--parquet", file)
    sentence(seed_snapshot, "sql", "select error('half way')", "--parquet", file)
    assert file.read_bytes() == before


def test_a_query_comes_from_a_file(seed_snapshot: Snapshot, tmp_path: Path) -> None:
    query = all_queries()["who_was_first"]
    assert answer(seed_snapshot, "sql", "--file", query.path) == answer(seed_snapshot, "sql", query.select)
    file = tmp_path / "mine.sql"
    file.write_text("-- ü\nselect 'ü' as a;\n", encoding="utf-8")
    assert answer(seed_snapshot, "sql", "--file", file, "--csv") == "a\nü\n"
    file.write_bytes(b"select '\xff'")
    assert sentence(seed_snapshot, "sql", "--file", file, code=2) == f"{file} is not UTF-8 text; save it as UTF-8"


def test_an_empty_result_is_shown_in_every_format(seed_snapshot: Snapshot, tmp_path: Path) -> None:
    query = "select article_id, title from articles where false"
    file = tmp_path / "empty.parquet"
    assert lines(seed_snapshot, query) == ["article_id  title", "0 rows"]
    assert answer(seed_snapshot, "sql", query, "--csv") == "article_id,title\n"
    assert read_json(answer(seed_snapshot, "sql", query, "--json")) == []
    assert answer(seed_snapshot, "sql", query, "--parquet", file) == f"0 rows written to {file}\n"
    with duckdb.connect() as connection:
        assert connection.read_parquet(str(file)).columns == ["article_id", "title"]


# Errors -------------------------------------------------------------------------------------------------------------

FORMATS: dict[str, list[str]] = {
    "table": [],
    "csv": ["--csv"],
    "json": ["--json"],
    "parquet": ["--parquet", "result.parquet"],
}
MISTAKES = {
    "selec 1": 'syntax error at or near "selec"',
    "from share_of_voic": 'Did you mean "share_of_voice"?',
    "select provider_domai from share_of_voice": 'Candidate bindings: "provider_domain"',
    "select no_such_function(1)": "no_such_function",
    "select 'x'::integer": "Could not convert string 'x' to INT32",
    "select 1 where": "syntax error at end of input",
    "select 'open": "unterminated quoted string",
    "select error('half way') from range(3)": "half way",
    "from rising_words": "rising_words takes parameters: rising_words(source = null, topic = null",
    "from share_of_voice()": "share_of_voice takes no parameters and no parentheses; share_of_voice_for(source = null",
    "from articles()": "articles takes no parameters and no parentheses",
    "from share_of_voice_for(sorce := 'x')": "share_of_voice_for takes other parameters: share_of_voice_for(source :=",
    "from coverage_over_time('fortnight')": "there is no 'fortnight'; the nearest are: month, hour, quarter",
}


@pytest.mark.parametrize("output", FORMATS)
def test_an_error_of_sql_is_one_sentence_with_duckdbs_suggestion(
    seed_snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for query, part in MISTAKES.items():
        result = ask(seed_snapshot, "sql", query, *FORMATS[output])
        assert result.exit_code == 1
        said, *place = result.stderr.splitlines()
        assert said.startswith("broadsheet: ")
        assert part in said
        if place:  # The line of the query that is meant, and a caret below.
            assert [re.sub(r"\W+", " ", line).split() for line in place] == [
                ["LINE", "1", *re.findall(r"\w+", query)],
                [],
            ]
        assert bool(place) == (part not in ("half way", "syntax error at end of input")) or output == "parquet"
    for query in ("", " \n", ";", "/* a remark */"):
        assert re.search(r"the query is empty|gives no rows", sentence(seed_snapshot, "sql", query, *FORMATS[output]))


def test_an_error_of_sql_shows_its_line(seed_snapshot: Snapshot) -> None:
    result = ask(seed_snapshot, "sql", "select '报道',\n  name, nope\nfrom topics")
    assert result.stderr.splitlines()[1:] == ["LINE 2:   name, nope", "                ^"]


def test_a_value_that_python_cannot_hold_gives_a_sentence(seed_snapshot: Snapshot) -> None:
    assert "cast it to varchar" in sentence(seed_snapshot, "sql", "select interval '100000000 years' as a")


# Nothing is changed -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def copied(seed_snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A warehouse of its own, since these tests try to break it."""
    folder = tmp_path_factory.mktemp("copied") / "warehouse"
    shutil.copytree(seed_snapshot.folder.parent.parent, folder, symlinks=True)
    return Warehouse(folder).current()


def state(snapshot: Snapshot) -> dict[str, bytes]:
    """Every file of a warehouse."""
    files = sorted(file for file in snapshot.folder.parent.parent.rglob("*") if file.is_file())
    return {str(file): file.read_bytes() for file in files}


def test_a_statement_that_would_change_the_warehouse_is_refused(copied: Snapshot) -> None:
    before = state(copied)
    for statement in (
        "create table mine as select 1 as a",
        "create or replace macro wilson(a, b) as 1",
        "create schema mine",
        "insert into topics select * from topics",
        "update topics set name = 'x'",
        "delete from topics",
        "truncate topics",
        "drop view share_of_voice",
        "alter table topics rename to mine",
        "comment on table topics is 'mine'",
        "begin; delete from topics; commit",
    ):
        assert "read-only" in sentence(copied, "sql", statement), statement
        assert state(copied) == before, statement


def test_a_result_cannot_be_written_over_a_table_of_the_warehouse(copied: Snapshot) -> None:
    before = state(copied)
    for folder in (copied.folder, copied.folder.parent.parent / "current"):
        said = sentence(copied, "sql", "select 1 as a", "--parquet", folder / "topics.parquet", code=2)
        assert said.endswith("is part of a snapshot, which never changes; give another place")
    assert state(copied) == before


# The prompt ---------------------------------------------------------------------------------------------------------


def shown(snapshot: Snapshot, typed: str) -> list[str]:
    return [line.rstrip() for line in answer(snapshot, "sql", stdin=typed).splitlines()]


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("", []),
        ("select 1\n\n  as a;\nselect\n2 as b", ["1", "2"]),
        ("select 'ü;\nb' as a;\n", ["ü; b"]),
        ("select 1 -- not yet;\nas a;\n", ["1"]),
        ("select 1 as a; -- a remark\nselect 2 as b;\n", ["1", "2"]),
        *((f"select 1 as a;\n{word}\nselect 2 as b;\n", ["1"]) for word in (".exit", ".quit", "exit", "quit")),
    ],
)
def test_the_prompt_takes_statements_until_a_semicolon_ends_them(
    seed_snapshot: Snapshot, typed: str, values: list[str]
) -> None:
    assert shown(seed_snapshot, typed)[1::3] == values


def test_the_prompt_goes_on_after_an_error(seed_snapshot: Snapshot) -> None:
    result = ask(seed_snapshot, "sql", stdin="from share_of_voic;\n.columns nothing_here\nselect 1 as a;\n")
    assert result.stdout.split() == ["a", "1", "1", "row"]
    first, line, caret, second = result.stderr.splitlines()
    assert 'Did you mean "share_of_voice"?' in first
    assert (line, caret) == ("LINE 1: from share_of_voic;", "             ^")
    assert "nothing_here" in second


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (".tables", ["tables"]),
        (".columns topics", ["tables", "topics"]),
        (".columns share_of_voice", ["tables", "share_of_voice"]),
        (".columns share_of_voice_for;", ["tables", "share_of_voice_for"]),
        (".metrics", ["metrics"]),
        (".METRICS first_mover", ["metrics", "first_mover"]),
        (".open  facial recognition", ["open", "facial recognition"]),
    ],
)
def test_commands_of_the_prompt_answer_as_those_of_the_shell(
    seed_snapshot: Snapshot, typed: str, words: list[str]
) -> None:
    assert answer(seed_snapshot, "sql", stdin=f"{typed}\n") == answer(seed_snapshot, *words)


def test_a_command_inside_a_query_is_answered_and_the_query_goes_on(seed_snapshot: Snapshot) -> None:
    typed = "select 'two' as a,\n.columns topics\n.5 as b\n;"
    assert answer(seed_snapshot, "sql", stdin=typed).splitlines()[1:] == [
        *answer(seed_snapshot, "tables", "topics").splitlines()[1:],
        *answer(seed_snapshot, "sql", "select 'two' as a, .5 as b").splitlines(),
    ]


@pytest.mark.parametrize("word", [".help", "help", "\\?", "help;", "HELP"])
def test_the_prompt_helps(seed_snapshot: Snapshot, word: str) -> None:
    text = answer(seed_snapshot, "sql", stdin=f"{word}\n")
    for part in ("semicolon", ".tables", ".columns NAME", ".metrics", ".open STORY", ".exit"):
        assert part in text


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (".foo", "there is no command .foo; .help lists all"),
        ("\\d topics", "there is no command \\d; .help lists all"),
        (".columns", ".columns needs a name; .help lists all"),
        (".columns topcis", "there is no table, view or macro 'topcis'; did you mean topics"),
    ],
)
def test_the_prompt_says_at_once_that_there_is_no_such_command(seed_snapshot: Snapshot, word: str, said: str) -> None:
    result = ask(seed_snapshot, "sql", stdin=f"{word}\nselect 1 as a;\n")
    assert result.stderr.startswith(said)
    assert result.stdout.split() == ["a", "1", "1", "row"]
    assert result.exit_code == 1


#: Runs a command in a terminal of its own, between the pipes of this process.
IN_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


class Terminal:
    """A terminal in which a command runs."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._text = ""
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        self._keys, self._output = process.stdin, process.stdout

    def wait_for(self, pattern: str, again: str = "") -> str:
        """Wait until the terminal shows the pattern after what was awaited before; returns what it showed. Meanwhile
        the keys `again` are pressed again and again."""
        end = time.monotonic() + 40
        while (match := re.search(pattern, self._text)) is None:
            assert time.monotonic() < end, self._text
            if select.select([self._output], [], [], 1)[0]:
                block = os.read(self._output.fileno(), 1 << 16)
                assert block, f"the command ended: {self._text}"
                self._text += block.decode(errors="replace").replace("\r", "")
            else:
                self.type(again)
        before, self._text = self._text[: match.end()], self._text[match.end() :]
        return before

    def type(self, keys: str) -> None:
        self._keys.write(keys.encode())
        self._keys.flush()

    def code(self) -> int:
        """Wait for the end of the command; its exit code."""
        return self._process.wait(timeout=PATIENCE_SECONDS)


@contextmanager
def terminal_with(*command: str) -> Iterator[Terminal]:
    with subprocess.Popen(
        [sys.executable, "-c", IN_TERMINAL, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"XDG_STATE_HOME": os.devnull} | os.environ | {"TERM": "dumb", "INPUTRC": "/dev/null", "NO_COLOR": "1"},
        start_new_session=True,
    ) as process:
        try:
            yield Terminal(process)
        finally:
            process.kill()  # The command ends with its terminal.


def test_on_a_terminal_ctrl_c_ends_what_was_typed_or_runs_and_ctrl_d_the_prompt(seed_snapshot: Snapshot) -> None:
    warehouse = str(seed_snapshot.folder.parent.parent)
    # Where nothing waits for a key yet, it is noticed only at the next one.
    ctrl_c = "\x03"
    with terminal_with(str(PROGRAM), "sql", "--warehouse", warehouse) as terminal:
        greeting = terminal.wait_for("news> ")
        assert "read-only" in greeting
        assert ".exit" in greeting
        terminal.type("select half\n")
        terminal.wait_for(r"\.\.\.> ")
        terminal.type(ctrl_c)
        terminal.wait_for("news> ", again=ctrl_c)
        terminal.type("select 6 *\n")
        terminal.wait_for(r"\.\.\.> ")
        terminal.type("7 as a;\n")
        assert "42" in terminal.wait_for("news> ")
        terminal.type("select 1; select count(*) from range(100_000_000_000) as a, range(1000) as b;\n")
        terminal.wait_for("1 row")
        terminal.type(ctrl_c)
        assert "Traceback" not in terminal.wait_for("interrupted\nnews> ", again=ctrl_c)
        terminal.type("\x04")
        assert terminal.code() == 0


def test_what_was_asked_comes_back_the_next_time(
    seed_snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = str(seed_snapshot.folder.parent.parent)
    state_folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(state_folder))
    with terminal_with(str(PROGRAM), "sql", "--warehouse", warehouse) as terminal:
        terminal.wait_for("news> ")
        terminal.type("select 6 *\n  7 as a;\n")
        assert "42" in terminal.wait_for("news> ")
        terminal.type(".exit\n")
        assert terminal.code() == 0
    history = state_folder / "broadsheet" / "history"
    assert history.stat().st_mode & 0o777 == 0o600
    up = "\x10"  # Ctrl-P: the arrow key of a terminal without arrows.
    with terminal_with(str(PROGRAM), "sql", "--warehouse", warehouse) as terminal:
        terminal.wait_for("news> ")
        terminal.type(f"{up}\n")
        assert "42" in terminal.wait_for("news> ")
        terminal.type("\x04")
        assert terminal.code() == 0


def test_without_a_place_for_it_there_is_no_history(
    seed_snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with terminal_with(str(PROGRAM), "sql", "--warehouse", str(seed_snapshot.folder.parent.parent)) as terminal:
        terminal.wait_for("news> ")
        terminal.type("select 6 * 7 as a;\n")
        assert "42" in terminal.wait_for("news> ")
        terminal.type("\x04")
        assert terminal.code() == 0


# Links of a story ---------------------------------------------------------------------------------------------------


def test_open_prints_title_provider_time_and_address_of_each_article(seed_snapshot: Snapshot) -> None:
    [(story_id, path)] = found(seed_snapshot, "select story_id, path from stories join documents using (story_id)")
    text = answer(seed_snapshot, "open", "facial", "recognition")
    assert text == answer(seed_snapshot, "open", str(story_id)) == answer(seed_snapshot, "open", path)
    rows = found(
        seed_snapshot,
        "select strftime(published_at, '%Y-%m-%d %H:%M'), provider_name, title, url from story_timeline('facial')",
    )
    assert len(rows) == 19
    listed = text.splitlines()[2:-2]
    assert listed[::2] == [f"{when}  {provider}: {title}" for when, provider, title, _ in rows]
    assert [line.strip() for line in listed[1::2]] == [url for *_, url in rows]
    assert text.splitlines()[-1] == "19 articles; times are UTC"


def test_open_says_which_stories_are_near(seed_snapshot: Snapshot) -> None:
    said = sentence(seed_snapshot, "open", "no such story")
    assert said.startswith("there is no story 'no such story'; the nearest are: Microsoft tried to sell")


def test_open_prints_nothing_that_a_terminal_obeys_and_addresses_of_the_web_alone(tmp_path: Path) -> None:
    database = tmp_path / "stories.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            """
            create macro story_timeline(story) as table
            select 'Evil' || chr(27) || ']0;x' || chr(7) as story_title, null as other_stories,
                title, 'X' || chr(155) as provider_name, null::timestamp as published_at, url
            from (values
                ('a' || chr(10) || 'b', 'https://example.com/a'),
                (null, 'javascript:alert(1)'),
                ('c' || chr(8238), 'https://example.com/' || chr(27) || ']8;;x'),
                ('d', 'file:///etc/passwd'),
                ('e', null)
            ) as t(title, url)
            """
        )
    with read_only(database) as connection, redirect_stdout(StringIO()) as printed:
        show_links(connection, "evil")
    text = printed.getvalue()
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text) == []
    assert [line.strip() for line in text.splitlines()[3:-2:2]] == [
        "https://example.com/a",
        "(no address of the web)",
        "https://example.com/�]8;;x",
        "(no address of the web)",
        "(no address of the web)",
    ]


# Contents -----------------------------------------------------------------------------------------------------------


def test_tables_lists_everything_with_its_rows(seed_snapshot: Snapshot) -> None:
    text = answer(seed_snapshot, "tables")
    assert re.findall(r"^(Tables|Marts|Views|Macros) *$", text, re.MULTILINE) == ["Tables", "Marts", "Views", "Macros"]
    for name in TABLES:
        [(count,)] = found(seed_snapshot, f"select count(*) from {name}")
        assert re.search(rf"^{name} +{count:,}  \S", text, re.MULTILINE), name
    for name in METRICS:
        assert re.search(rf"^{name}\b", text, re.MULTILINE), name


@pytest.mark.parametrize("name", ["articles", "share_of_voice", "article_hours"])
def test_tables_with_a_name_describes_every_column(seed_snapshot: Snapshot, name: str) -> None:
    title, header, *listed = answer(seed_snapshot, "tables", name).strip().splitlines()
    assert title.strip() == name
    assert header.split("  ")[0] == "column"
    columns = found(seed_snapshot, f"select column_name, lower(column_type) from (describe {name})")
    rows = [line.split() for line in listed if not line.startswith(" ")]
    assert [(column, kind) for column, kind, *_ in rows] == columns
    assert all(meaning for _, _, *meaning in rows)


def test_tables_with_the_name_of_a_macro_describes_its_parameters(seed_snapshot: Snapshot) -> None:
    text = answer(seed_snapshot, "tables", "first_mover_for")
    assert "minimum_count = 5" in text
    assert text == answer(seed_snapshot, "metrics", "first_mover_for")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("artcles", "did you mean articles, "),
        ("share_of_voic", "did you mean share_of_voice, "),
        ("qwertz; drop table topics", "see: broadsheet tables"),
        ("'", "see: broadsheet tables"),
    ],
)
def test_tables_with_a_wrong_name_suggests_the_right_one(seed_snapshot: Snapshot, name: str, advice: str) -> None:
    said = sentence(seed_snapshot, "tables", name, code=2)
    assert said.startswith(f"there is no table, view or macro {name!r}; {advice}")


def test_metrics_lists_every_question(seed_snapshot: Snapshot) -> None:
    text = answer(seed_snapshot, "metrics")
    for name in METRICS:
        assert re.search(rf"^{name} +{all_queries()[name].kind[:-1]} +\S", text, re.MULTILINE), name
    chapters = [line.strip() for line in text.splitlines() if line.strip() in (*CHAPTERS, MARTS)]
    assert chapters == [*CHAPTERS, MARTS]
    assert (
        text.index("share_of_voice") < text.index("first_mover") < text.index("Building blocks") < text.index("wilson")
    )


@pytest.mark.parametrize("name", ["first_mover", "publication_lag", "wilson", "coverage_over_time"])
def test_metrics_with_a_name_says_everything_about_it(seed_snapshot: Snapshot, name: str) -> None:
    query = all_queries()[name]
    text = " ".join(answer(seed_snapshot, "metrics", name).split())
    assert text.startswith(f"{name} {query.question}")
    for key in ("definition", "grain", "denominator", "edge_cases", "example"):
        if part := query.text(key):
            assert f"{key.replace('_', ' ')} {part}" in text
    for item, meaning in [*query.parameters.items(), *query.columns.items()]:
        assert f"{item} {' '.join(str(meaning).split())}" in text


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("mover", "first_mover"),
        ("fist_mover", "first_mover"),
        ("share_of_voise", "share_of_voice"),
        # Names of examples and of checks are none of metrics, but parts of some.
        ("document", "documents_for"),
    ],
)
def test_metrics_with_a_wrong_name_suggests_the_right_one(seed_snapshot: Snapshot, name: str, meant: str) -> None:
    said = sentence(seed_snapshot, "metrics", name, code=2)
    assert said.startswith(f"there is no metric {name!r}; did you mean ")
    suggested = said.partition("did you mean ")[2].removesuffix("?").split(", ")
    assert meant in suggested
    assert set(suggested) <= set(METRICS)


def test_metrics_with_the_name_of_a_table_says_so(seed_snapshot: Snapshot) -> None:
    for name in ("articles", "metrics"):
        said = sentence(seed_snapshot, "metrics", name, code=2)
        assert said == f"{name!r} is a table, no metric; see: broadsheet tables {name}"


def test_metrics_with_a_name_unlike_any_says_where_to_look(seed_snapshot: Snapshot) -> None:
    said = sentence(seed_snapshot, "metrics", "zzzzzz", code=2)
    assert said == "there is no metric 'zzzzzz'; see: broadsheet metrics"


# Output -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["sql", "from articles"],
        ["sql", "from topics", "--csv"],
        ["tables", "articles"],
        ["metrics", "first_mover"],
        ["status"],
        ["snapshots"],
    ],
    ids=" ".join,
)
def test_output_holds_no_control_codes_where_there_is_no_terminal(seed_snapshot: Snapshot, words: list[str]) -> None:
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f]", answer(seed_snapshot, *words)) == []


@pytest.mark.parametrize("output", ["--csv", ""])
def test_a_reader_that_stops_early_gives_no_traceback(seed_snapshot: Snapshot, output: str) -> None:
    # More than a pipe holds, so that writing goes on after the reader is gone.
    query = "select repeat('x', 60) as a, repeat('y', 60) as b from range(200)" + (", range(100)" if output else "")
    warehouse = str(seed_snapshot.folder.parent.parent)
    command = shlex.join([str(PROGRAM), "sql", query, "--warehouse", warehouse, *output.split()])
    done = subprocess.run(f"{command} | head -n 1", check=False, shell=True, capture_output=True, text=True)
    assert done.stdout
    assert done.stderr == ""


def test_json_keys_are_text_and_instants_say_utc(seed_snapshot: Snapshot) -> None:
    """JavaScript rounds integers beyond 2**53, and takes an instant without a zone for local time."""
    query = "select article_id, published_at, published_date, 9007199254740993 as large, 7 as n"
    [record] = read_json(answer(seed_snapshot, "sql", f"{query} from articles order by article_id limit 1", "--json"))
    with read_only(seed_snapshot.database) as connection:
        found = connection.execute("select title from articles where article_id = ?", [record["article_id"]]).fetchall()
    assert len(found) == 1 and isinstance(record["article_id"], str)
    assert record["published_at"] == record["published_date"] + record["published_at"][10:19] + "Z"
    assert (record["large"], record["n"]) == ("9007199254740993", 7)
