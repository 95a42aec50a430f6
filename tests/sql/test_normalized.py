"""The macros `normalized` and `words` against `entries/words.py`: one normalization, computed twice."""

from __future__ import annotations

import unicodedata
from random import Random

import duckdb
import polars as pl
import pytest

from pipeline.entries.words import normalized, text_forms, words
from pipeline.warehouse.sql_files import all_queries

PIECES = (
    *(
        "a",
        "b",
        "Z",
        "ß",
        "İ",
        "ſ",
        "Σ",
        "ς",
        "ΐ",
        "ẞ",
        "Ǆ",
        "한",
        "日本",
        "語",
        "カ",
        "ガ",
        "ｶﾞ",
        "ー",
        "ไ",
        "ที่",
        "ລາ",
        "ខ្មែ",
    ),
    *(
        "မြန်",
        "श",
        "ब्द",
        "ক্ষ",
        "ل",
        "ع",
        "ש",
        " ",
        "_",
        "²",
        "½",
        "ﬁ",
        "ﬃ",
        "Ⅷ",
        "㎏",
        "ﷺ",
        "𝔘",
        "〇",
        "々",
        "🌉",
        ".",
        "—",
        "’",
    ),
    *(
        "&amp;",
        "&amp;amp;lt;",
        "&notit;",
        "&#38;",
        "&#x26;lt;",
        "&#150;",
        "&#1;",
        "&#xD800;",
        "&#99999999999;",
        "&",
        "#",
        ";",
    ),
    *("\u00ad", "\u200b", "\u200c", "\u200d", "\ufe0f", "\u0301", "\u094d", "\u064b", "\u3164", "\x01", "\x02", "\t"),
)


@pytest.fixture(scope="module")
def macros() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.register("forms", text_forms().to_arrow())
    connection.execute("create table text_forms as select * from forms")
    for name in ("blankless", "unescaped", "normalized", "words"):
        connection.execute(all_queries()[name].create_statement)
    return connection


def wild_texts(random: Random) -> list[str]:
    of_scripts = ["".join(random.choices(PIECES, k=random.randint(0, 12))) for _ in range(60)]
    blocks = ((0x20, 0x2FFF), (0x3000, 0xD7FF), (0xF900, 0xFFFD), (0x10000, 0x1FFFF))
    of_any = ["".join(chr(random.randint(*random.choice(blocks))) for _ in range(8)) for _ in range(30)]
    # Python, Polars and DuckDB know different versions of Unicode; what none of them knew long ago is left out.
    return [text for text in of_scripts + of_any if not any(unicodedata.category(one) == "Cn" for one in text)]


def test_what_an_analyst_types_becomes_what_titles_became(macros: duckdb.DuckDBPyConnection) -> None:
    texts = wild_texts(Random(20))
    expected = normalized(pl.Series(texts, dtype=pl.String))
    in_sql = [macros.execute("select normalized(?)", [text]).fetchall()[0][0] for text in texts]
    assert in_sql == expected.to_list()
    counted = expected.to_frame("text").select(words(pl.col("text"))).to_series().to_list()
    macros.register("expected", expected.to_frame("text").with_row_index().to_arrow())
    assert [row for (row,) in macros.execute("select words(text) from expected order by index").fetchall()] == counted


def test_null_stays_null_and_nothing_is_no_word(macros: duckdb.DuckDBPyConnection) -> None:
    assert macros.execute("select normalized(null), words(null), normalized(''), words('')").fetchall() == [
        (None, None, "", [])
    ]
