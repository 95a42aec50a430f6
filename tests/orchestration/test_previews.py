"""What the pages of the catalog show of documents: the text itself, never what it would make of the page."""

from __future__ import annotations

import duckdb
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.orchestration.facts import events
from pipeline.orchestration.previews import Previews, records
from pipeline.texts import CONTROLS
from pipeline.warehouse.database import read_only
from pipeline.warehouse.snapshots import Snapshot
from pipeline.warehouse.sql_files import all_queries, literal

HOSTILE = [
    "![x](http://a.example/p.png)",
    "![x][y] [y]: http://a.example/p.png",
    "<img src=http://a.example/p.png>",
    "[x](javascript:alert%281%29) <http://a.example>",
    "a | b \\| c \\\\| d",
    "`code` *bold* _it_ ~~gone~~ &amp; &#33;[x](http://a.example)",
    "\\![x](http://a.example/p.png)",
    "\x1b[31mred \u202eevil\u200b",
]


def parts(tokens: list[Token]) -> list[Token]:
    return [part for token in tokens for part in [token, *parts(token.children or [])]]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_preview_shows_a_text_as_it_is_and_loads_nothing(text: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f'create table t as select {literal(text)} as "![a](b)", 1 as last')
        markdown = str(Previews(connection, 0).table("t")["preview"].value)
    found = parts(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown))
    kinds = {part.type for part in found if not part.type.startswith(("table", "t", "inline", "paragraph"))}
    assert kinds == set()
    cells = ["".join(part.content for part in cell.children or []) for cell in found if cell.type == "inline"]
    assert cells == ["![a](b)", "last", CONTROLS.sub("�", text), "1"]


def test_offenders_of_a_check_carry_no_controls() -> None:
    [record] = records([{"path": "a\x1b[31m\u202e"}]).records
    assert not CONTROLS.search(str(record.data["path"]))


def test_the_secured_text_of_a_document_stays_in_its_table(seed_snapshot: Snapshot) -> None:
    with read_only(seed_snapshot.database) as connection:
        [(secret,)] = connection.execute("select secured from documents where length(secured) > 20").fetchall()

        def holds(relation: str) -> bool:
            [(count,)] = connection.execute(
                f"select count(*) from (from {relation}) as shown where contains(shown::varchar, {literal(secret)})"
            ).fetchall()
            return bool(count)

        views = [query.name for query in all_queries().values() if query.kind in ("views", "marts")]
        files = {str(file.relative_to(seed_snapshot.folder)): file for file in seed_snapshot.folder.rglob("*.parquet")}
        assert len(views) > 40
        assert [name for name in views if holds(name)] == []
        assert [name for name, file in files.items() if holds(literal(str(file)))] == ["documents.parquet"]
    assert not [event for event in events(seed_snapshot) if secret[:20] in str(event)]
