"""The generated documentation is up to date, whole, and its links lead somewhere."""

from __future__ import annotations

import re

import pytest

from pipeline.schema.tables import TABLES
from pipeline.warehouse import reference_docs as dictionary
from pipeline.warehouse.sql_files import all_queries


@pytest.mark.parametrize("name", ["metrics.md", "tables.md"])
def test_the_committed_pages_are_what_the_code_renders(name: str) -> None:
    file = dictionary.DOCS_FOLDER / name
    committed = file.read_text(encoding="utf-8") if file.exists() else ""
    if committed != dictionary.pages()[name]:
        pytest.fail(f"docs/{name} is out of date; run: .venv/bin/python -m pipeline.warehouse.reference_docs")


def test_pages_are_written_where_readers_look(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(dictionary, "DOCS_FOLDER", tmp_path / "docs")
    dictionary.main()
    assert {file.name: file.read_text(encoding="utf-8") for file in (tmp_path / "docs").iterdir()} == dictionary.pages()


def test_every_query_and_table_has_its_place_once() -> None:
    headings = re.findall(r"^### (\w+)$", dictionary.metrics_page(), re.MULTILINE)
    wanted = [query.name for query in all_queries().values() if query.kind in ("views", "marts", "macros")]
    assert sorted(headings) == sorted(wanted)
    assert re.findall(r"^## (\w+)$", dictionary.tables_page(), re.MULTILINE) == list(TABLES)
    for query in all_queries().values():
        assert f"(../sql/{query.kind}/{query.name}.sql)" in dictionary.metrics_page()


def test_every_view_and_macro_names_a_chapter_of_the_book() -> None:
    for query in all_queries().values():
        chapter = dictionary.chapter_of(query)
        if query.kind in ("views", "macros"):
            assert chapter in dictionary.CHAPTERS, (
                f"{query.path}: {chapter!r} is no chapter of pipeline/warehouse/reference_docs.py"
            )
        else:
            assert chapter == (dictionary.MARTS if query.kind == "marts" else None)


def test_everything_in_a_comment_and_in_the_schema_is_on_the_pages() -> None:
    metrics, tables = dictionary.metrics_page(), dictionary.tables_page()
    for query in all_queries().values():
        section = metrics.partition(f"### {query.name}\n")[2].partition("\n### ")[0]
        if query.kind in ("views", "marts", "macros"):
            texts = [query.question, *(query.text(key) or "" for key in ("definition", "grain", "edge_cases"))]
            for text in [*texts, *query.columns.values(), *map(str, query.parameters.values())]:
                assert without_escapes(text) in without_escapes(section), f"{query.name}: {text}"
    for table in TABLES.values():
        section = tables.partition(f"## {table.name}\n")[2].partition("\n## ")[0]
        for column in table.columns:
            [line] = [line for line in section.splitlines() if re.match(rf"\| (\*\*)?`{column.name}`", line)]
            assert without_escapes(table.describe(column.name)) in without_escapes(line)
            assert ("| null |" in line) == (column.name not in table.required)
            assert column.source_key is None or f"`{column.source_key}`" in line


def test_links_lead_to_a_heading_or_a_file() -> None:
    pages = dictionary.pages()
    anchors = {
        name: {dictionary._anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
        for name, text in pages.items()
    }
    for name, text in pages.items():
        links = re.findall(r"\]\(([^)]+)\)", text)
        assert links
        for link in links:
            path, _, anchor = link.partition("#")
            if anchor:
                assert anchor in anchors[path or name], f"{name}: {link}"
            else:
                assert (dictionary.DOCS_FOLDER / path).exists(), f"{name}: {link}"


def test_rows_of_a_table_have_as_many_cells_as_its_header() -> None:
    for text in dictionary.pages().values():
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(counts) == 1, block


def test_markdown_in_a_comment_is_shown_as_it_is_written() -> None:
    assert dictionary._escape("a * b <c> [d] `e * f`") == r"a \* b \<c\> \[d\] `e * f`"
    assert dictionary._table(("x",), [("a | b",)]) == "| x |\n| --- |\n| a \\| b |"


def without_escapes(text: str) -> str:
    return " ".join(text.replace("\\", "").split())
