"""The generated documentation is up to date, whole, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.entries.findings import RULES
from pipeline.reading.rejections import REASONS
from pipeline.schema.tables import TABLES
from pipeline.warehouse import reference_docs
from pipeline.warehouse.sql_files import all_queries

PAGES = reference_docs.pages()


def test_the_committed_pages_are_what_the_code_renders() -> None:
    if _written(reference_docs.DOCS_FOLDER) != reference_docs.pages():
        pytest.fail("docs/ is out of date; run: make docs")


def test_pages_are_written_where_readers_look_and_old_chapters_go(tmp_path, monkeypatch) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "a-chapter-of-last-year.md").touch()
    monkeypatch.setattr(reference_docs, "DOCS_FOLDER", tmp_path)
    reference_docs.main()
    assert _written(tmp_path) == reference_docs.pages()


def _written(folder: Path) -> dict[str, str]:
    files = [folder / "metrics.md", folder / "tables.md", *folder.glob("metrics/*")]
    return {file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8") for file in files}


def test_every_query_and_table_has_its_place_once() -> None:
    chapters = "".join(text for name, text in PAGES.items() if name.startswith("metrics/"))
    headings = re.findall(r"^###? (\w+)$", chapters, re.MULTILINE)
    wanted = [query.name for query in all_queries().values() if query.kind in ("views", "marts", "macros")]
    assert sorted(headings) == sorted(wanted)
    [*tables, reasons, rules] = re.findall(r"^## (.+)$", PAGES["tables.md"], re.MULTILINE)
    assert tables == list(TABLES)
    assert (reasons, rules) == ("Reasons of rejection", "Rules of findings")
    for query in all_queries().values():
        assert f"/sql/{query.kind}/{query.name}.sql)" in chapters + PAGES["metrics.md"]


def test_a_macro_stands_below_its_view() -> None:
    page = PAGES["metrics/who-covers-how-much.md"]
    headings = re.findall(r"^#+ \w+$", page, re.MULTILINE)
    place = headings.index("## share_of_voice")
    assert headings[place : place + 3] == [
        "## share_of_voice",
        "### share_of_voice_for",
        "## share_of_voice_by_publisher",
    ]


def test_every_view_and_macro_names_a_chapter_of_the_book() -> None:
    for query in all_queries().values():
        if query.kind in ("views", "macros"):
            assert query.chapter in reference_docs.CHAPTERS, query.path


def test_everything_in_a_comment_and_in_the_schema_is_on_the_pages() -> None:
    chapters, tables = "".join(PAGES.values()), PAGES["tables.md"]
    for query in all_queries().values():
        if query.kind in ("views", "marts", "macros"):
            section = _section(chapters, query.name)
            # A macro tells of a column only what its view does not, to which it then leads.
            if "- *Columns:* those of" in section:
                section += _section(chapters, query.name.removesuffix("_for"))
            texts = [query.question, *(query.text(key) or "" for key in ("definition", "grain", "edge_cases"))]
            rows = [f"| `{name}` | {meaning} |" for name, meaning in query.columns.items()]
            for text in [*texts, *rows, *map(str, query.parameters.values())]:
                assert without_escapes(text) in without_escapes(section), f"{query.name}: {text}"
    for table in TABLES.values():
        section = tables.partition(f"## {table.name}\n")[2].partition("\n## ")[0]
        for column in table.columns:
            [line] = [line for line in section.splitlines() if re.match(rf"\| (\*\*)?`{column.name}`", line)]
            assert without_escapes(table.describe(column.name)) in without_escapes(line)
            assert ("| null |" in line) == (column.name not in table.required)
            assert f"`{table.source_keys.get(column.name, column.name)}`" in line
    reasons, rules = tables.partition("## Reasons of rejection")[2].split("## Rules of findings")
    assert re.findall(r"^\| `(\w+)` \| \S", reasons, re.MULTILINE) == list(REASONS)
    assert re.findall(r"^\| `(\w+)` \| (?:info|warning|error) \| \S", rules, re.MULTILINE) == list(RULES)


def _section(text: str, name: str) -> str:
    [start] = [match.end() for match in re.finditer(rf"^##+ {name}$", text, re.MULTILINE)]
    return re.split(r"^#+ ", text[start:], maxsplit=1, flags=re.MULTILINE)[0]


def test_links_lead_to_a_heading_or_a_file() -> None:
    written_by_hand = {"definitions.md": (reference_docs.DOCS_FOLDER / "definitions.md").read_text(encoding="utf-8")}
    pages = {(reference_docs.DOCS_FOLDER / name).resolve(): text for name, text in (PAGES | written_by_hand).items()}
    for page, text in pages.items():
        links = re.findall(r"\]\(([^)]+)\)", text)
        assert links
        for link in links:
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page}: {link}"
            if anchor:
                headings = re.findall(r"^#+ (.+)$", pages[target], re.MULTILINE)
                assert anchor in [heading.lower().replace(" ", "-") for heading in headings], f"{page}: {link}"


def test_rows_of_a_table_have_as_many_cells_as_its_header() -> None:
    for text in PAGES.values():
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(counts) == 1, block


def without_escapes(text: str) -> str:
    return " ".join(text.replace("\\", "").split())
