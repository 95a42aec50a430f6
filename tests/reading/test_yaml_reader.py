"""The reference reader: `pipeline/reading/yaml_reader.py`. Rejections are covered document by document in
`test_documents.py`; here stands what becomes of what is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.reading import front_matter, read_documents
from pipeline.reading.rejections import REASONS, Rejection
from pipeline.reading.yaml_reader import read_document
from pipeline.settings import PROJECT_FOLDER, Limits


def read(yaml: str, limits: Limits | None = None) -> dict[str, Any]:
    """Row of a document with this front matter; absent keys and nulls left out."""
    row = read_document(f"---\n{yaml}\n---\n".encode(), limits or Limits())
    return {key: value for key, value in row.items() if value is not None}


def unknown_keys(row: dict[str, Any]) -> Any:
    return json.loads(row["unknown_keys"])


def rejection(yaml: str, limits: Limits | None = None) -> tuple[str, int | None, int | None]:
    with pytest.raises(Rejection) as caught:
        read(yaml, limits)
    return caught.value.reason, caught.value.line, caught.value.column


# Text first ---------------------------------------------------------------------------------------------------------

WORDS = (
    *("NO", "no", "yes", "on", "off", "y", "true", "False", "null", "~", "Null", "NaN", ".nan", ".inf"),
    *("012", "0o14", "0x1F", "0b11", "1984", "-1", "+1", "1_000", "1e3", "10:00", "190:20:30", "1.50", "1.", ".5"),
    *("2023-05-04", "2023-05-04T09:30:00Z", "2001-12-14t21:59:43.10-05:00", "=", "<<", "-1-", "?x", ":x"),
)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("key", ["title", "quality", "published", "publishedDateTime"])
def test_every_scalar_is_the_text_that_is_written(key: str, word: str) -> None:
    assert read(f"{key}: {word}") == {key: word}


@pytest.mark.parametrize("word", WORDS)
def test_quotes_change_nothing(word: str) -> None:
    assert read(f'title: "{word}"') == read(f"title: '{word}'") == {"title": word}


def test_words_in_lists_and_nested_mappings_are_text_too() -> None:
    row = read("topics: [NO, 012, 10:00, 1984]\nimages: [{width: 012, isCached: yes}]")
    assert row["topics"] == ["NO", "012", "10:00", "1984"]
    assert row["images"] == [{"width": "012", "isCached": "yes", "unknown_keys": None, "is_mapping": True}]


@pytest.mark.parametrize("value", ["", " ", '""', "''", " # only a comment"])
def test_a_value_that_is_not_there_is_empty_text(value: str) -> None:
    assert read(f"title: {value}\ntype: article") == {"title": "", "type": "article"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("A  town ", "A  town"),
        ("A town # a comment", "A town"),
        ("A town#1", "A town#1"),
        ("a:b", "a:b"),
        ("C:\\new", "C:\\new"),
        ('"a\\tb\\x41\\u00e9\\U0001f309\\\\\\"\\/"', 'a\tbAé🌉\\"/'),
        ('"a\\0b"', "a\0b"),
        ("'it''s \\n'", "it's \\n"),
        ('"a: b # c"', "a: b # c"),
        ("a\n  b\n\n  c", "a b\nc"),
        ('"a\n  b\n\n  c\\\n  d"', "a b\ncd"),
        ("'a\n  b'", "a b"),
        ("> \n  a\n  b\n\n  c\n", "a b\nc\n"),
        (">-\n  a\n    b\n  c", "a\n  b\nc"),
        ("|\n  a\n    b: c # d\n", "a\n  b: c # d\n"),
        ("|-\n  a\n  b", "a\nb"),
        ("|+\n  a\n\n", "a\n\n\n"),
        ("|2\n    a", "  a\n"),
        ('"a\u2028b"', "a\u2028b"),
        ('"a\ufeffb"', "a\ufeffb"),
    ],
)
def test_yaml_forms_of_text(value: str, text: str) -> None:
    assert read(f"title: {value}") == {"title": text}


def test_crlf_in_folded_and_literal_text_is_one_line_break() -> None:
    row = read_document(b"---\r\ntitle: |\r\n  a\r\n  b\r\nexcerpt: >\r\n  c\r\n  d\r\n---\r\n", Limits())
    assert (row["title"], row["excerpt"]) == ("a\nb\n", "c d\n")


@given(
    st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Cn"], exclude_characters="\u2028\u2029", max_codepoint=0xFFFF)
    )
)
@example("NO")
@example(" \"quotes\" and 'apostrophes' \\ ")
def test_any_title_in_json_quotes_is_read_as_it_is(title: str) -> None:
    assert read(f"title: {json.dumps(title, ensure_ascii=False)}") == {"title": title}
    assert read(f"title: {json.dumps(title)}") == {"title": title}


FRAGMENTS = (*"ab:-[]{},\"'|>&*!%@`#?\\~ \t\n\r\x01\u2028", "title: ", "related:\n  - ", "\n  ", "\n---", "\n...")


@given(st.lists(st.sampled_from(FRAGMENTS)).map("".join))
def test_whatever_is_written_is_read_or_rejected_with_a_reason(yaml: str) -> None:
    try:
        read(yaml)
    except Rejection as problem:
        assert problem.reason in REASONS
        assert problem.detail


# Styles -------------------------------------------------------------------------------------------------------------


def test_block_flow_and_json_styles_give_the_same_row() -> None:
    block = read(
        "title: a\nprovider:\n  name: b\ntopics:\n- c\n- d\nimages:\n  - url: e\n    width: 1\n  -\n    url: f"
    )
    flow = read("{title: a, provider: {name: b}, topics: [c, d], images: [{url: e, width: 1}, {url: f}]}")
    as_json = read(
        '{"title":"a","provider":{"name":"b"},"topics":["c","d"],"images":[{"url":"e","width":1},{"url":"f"}]}'
    )
    assert block == flow == as_json
    item = {"unknown_keys": None, "is_mapping": True}
    assert block["images"] == [{"url": "e", "width": "1", **item}, {"url": "f", **item}]


@pytest.mark.parametrize("key", ["title", '"title"', "'title'", '"\\x74itle"', "? title\n", "title "])
def test_keys_in_every_form(key: str) -> None:
    assert read(f"{key}: a") == {"title": "a"}


def test_comments_blank_lines_and_dots_do_not_count() -> None:
    assert read("\n# a comment\ntitle: a\n\n   # another\n\ntype: b\n...") == {"title": "a", "type": "b"}


@pytest.mark.parametrize(
    ("body", "expected"), [("", None), ("\n \n", None), ("\x0c\u00a0\n", None), ("a\n", "a\n"), ("\n a", "\n a")]
)
def test_the_body_is_kept_unless_it_is_blank(body: str, expected: str | None) -> None:
    assert read_document(f"---\ntitle: a\n---\n{body}".encode(), Limits())["body"] == expected


def test_an_empty_mapping_is_an_empty_row() -> None:
    assert read("{}") == {}


# Unknown keys -------------------------------------------------------------------------------------------------------


def test_unknown_keys_at_each_level_stay_at_their_level() -> None:
    row = read(
        "mood: a\n"
        "provider: {mood: b, images: [{mood: c}]}\n"
        "images: [{url: x}, {mood: d}]\n"
        "related:\n  - mood: e\n    provider: {mood: f}\n    images: [{mood: g}]"
    )
    [entry] = row["related"]
    assert unknown_keys(row) == {"mood": "a"}
    assert unknown_keys(row["provider"]) == {"mood": "b"}
    assert unknown_keys(row["provider"]["images"][0]) == {"mood": "c"}
    assert row["images"][0]["unknown_keys"] is None
    assert unknown_keys(row["images"][1]) == {"mood": "d"}
    assert unknown_keys(entry) == {"mood": "e"}
    assert unknown_keys(entry["provider"]) == {"mood": "f"}
    assert unknown_keys(entry["images"][0]) == {"mood": "g"}


def test_unknown_values_keep_their_structure_and_their_text() -> None:
    row = read("mood: {day: [calm, ~, 012, {deep: yes}], night: ''}\n1984: 橋 🌉\n~: a")
    assert unknown_keys(row) == {
        "mood": {"day": ["calm", "~", "012", {"deep": "yes"}], "night": ""},
        "1984": "橋 🌉",
        "~": "a",
    }


def test_unknown_keys_hold_text_and_not_escapes() -> None:
    assert read("Überschrift: 橋")["unknown_keys"] == '{"Überschrift": "橋"}'


def test_keys_of_the_lead_are_unknown_in_related_entries() -> None:
    [entry] = read(
        "related: [{title: a, heat: 1, published: true, topics: [b], secured: c, category: d, related: []}]"
    )["related"]
    assert entry["title"] == "a"
    assert list(unknown_keys(entry)) == ["heat", "published", "topics", "secured", "category", "related"]


def test_names_of_keys_are_case_sensitive_and_not_trimmed() -> None:
    assert unknown_keys(read('Title: a\nTITLE: b\n" title": c')) == {"Title": "a", "TITLE": "b", " title": "c"}


def test_a_merge_key_merges_nothing() -> None:
    assert read("title: a\n<<: {title: b}") == {"title": "a", "unknown_keys": '{"<<": {"title": "b"}}'}


# Wrong shapes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("title", "[a, b]", ["a", "b"]),
        ("title", "{a: b}", {"a": "b"}),
        ("quality", "[]", []),
        ("published", "{}", {}),
        ("provider", "a", "a"),
        ("provider", "[{name: a}]", [{"name": "a"}]),
        ("topics", "a", "a"),
        ("topics", "{a: b}", {"a": "b"}),
        ("images", "a.jpg", "a.jpg"),
        ("images", "{url: a}", {"url": "a"}),
        ("related", "a", "a"),
        ("related", "{title: a}", {"title": "a"}),
    ],
)
def test_a_value_of_another_shape_is_kept_aside(key: str, value: str, kept: Any) -> None:
    row = read(f"{key}: {value}\ntype: article")
    assert row == {"type": "article", "unknown_keys": json.dumps({key: kept})}


@pytest.mark.parametrize("value", ["", "''", "~", "null"])
@pytest.mark.parametrize("key", ["provider", "topics", "images", "related"])
def test_null_for_a_list_or_mapping_is_nothing(key: str, value: str) -> None:
    assert read(f"{key}: {value}\ntype: article") == {"type": "article"}


def test_wrong_shapes_inside_keep_their_place() -> None:
    row = read("provider: {name: [a], domain: b, images: c}\nimages: [{url: {d: e}}]\nrelated: [{title: [f]}]")
    assert (row["provider"]["domain"], unknown_keys(row["provider"])) == ("b", {"name": ["a"], "images": "c"})
    assert unknown_keys(row["images"][0]) == {"url": {"d": "e"}}
    assert unknown_keys(row["related"][0]) == {"title": ["f"]}
    assert "unknown_keys" not in row


def test_items_that_are_no_mappings_keep_their_place_in_the_list() -> None:
    row = read("images:\n  - url: a\n  - b\n  - [c]\n  -\n  - url: d")
    assert [image.get("url") for image in row["images"]] == ["a", None, None, None, "d"]
    assert [image["unknown_keys"] for image in row["images"]] == [None, '"b"', '["c"]', '""', None]
    assert [image["is_mapping"] for image in row["images"]] == [True, False, False, False, True]


def test_topics_that_are_no_text_keep_their_place_in_the_list() -> None:
    row = read("topics:\n  - a\n  - b: c\n  -\n  - [d]\n  - e")
    assert row["topics"] == ["a", None, "", None, "e"]
    assert unknown_keys(row) == {"topics": {"2": {"b": "c"}, "4": ["d"]}}


@pytest.mark.parametrize("yaml", ["'topics[1]': calm\ntopics: [{a: tense}]", "topics: [{a: tense}]\n'topics[1]': calm"])
def test_an_unknown_key_named_like_an_item_displaces_nothing(yaml: str) -> None:
    text = read(yaml)["unknown_keys"]
    assert "calm" in text
    assert "tense" in text


# Related entries and places -----------------------------------------------------------------------------------------


def lines_of_related(content: str) -> list[int]:
    return [entry["line"] for entry in read_document(content.encode(), Limits())["related"]]


def test_each_related_entry_knows_its_line() -> None:
    text = """---
title: >
  a

  b
related:

  # a comment
  - title: c
    images:
      - url: d

  -
    title: e
  - {title: f}
  - g
  -
  - - h
---
"""
    lines = text.split("\n")
    expected = [lines.index(line) + 1 for line in ("  - title: c", "    title: e", "  - {title: f}", "  - g")]
    assert lines_of_related(text) == [*expected, expected[-1] + 1, expected[-1] + 2]


def test_entries_on_one_line_share_it() -> None:
    assert lines_of_related("---\ntitle: a\nrelated: [{title: b}, {title: c},\n  {title: d}]\n---\n") == [3, 3, 4]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_lines_are_counted_with_every_line_break(line_break: str) -> None:
    lines = ["---", "title: |", "  a", "", "related:", "  - title: b", "    type: video", "  - title: c", "---"]
    assert lines_of_related(line_break.join(lines)) == [6, 8]


def test_a_byte_order_mark_moves_nothing() -> None:
    assert lines_of_related("\ufeff---\nrelated:\n  - title: a\n---") == [3]


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029"])
def test_separators_inside_a_line_begin_no_line_of_the_file(separator: str) -> None:
    assert lines_of_related(f'---\ntitle: "a{separator}b"\nrelated:\n  - title: c\n---\n') == [4]


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029"])
def test_a_rejection_below_such_a_separator_names_the_line_of_the_file(separator: str) -> None:
    assert rejection(f'title: "a{separator}b"\nexcerpt: @c') == ("broken_yaml", 3, 10)


@given(st.lists(st.sampled_from(["a", "é", "😀", "\n", "\r", "\r\n", "\x85", "\u2028"]), max_size=20))
def test_a_place_among_lines_of_any_kind_is_that_of_the_file(parts: list[str]) -> None:
    above = "topics: [\u2029]\ntitle: |\n" + "".join(f"  x{part}" for part in parts) + "\nexcerpt: "
    line, column = front_matter.line_and_column(f"---\n{above}")
    assert rejection(f"{above}@c") == ("broken_yaml", line, column)


def test_below_such_a_separator_the_lines_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each related entry: a document of 10 MB would take hours."""
    counted: list[str] = []
    for name in ("line_starts", "line_and_column"):
        count = getattr(front_matter, name)
        monkeypatch.setattr(front_matter, name, lambda text, count=count: counted.append(text) or count(text))
    lines = lines_of_related('---\ntitle: "a\u2028b"\nrelated:\n' + "  - title: c\n" * 1000 + "---\n")
    assert lines == list(range(4, 1004))
    assert len(counted) == 1


@pytest.mark.parametrize(
    ("yaml", "line", "column"),
    [
        ("title: a\x01b", 2, 9),
        ("title: a\nexcerpt: é橋🌉\x7f", 3, 13),
        ("title: a\r\nexcerpt: \uffff", 3, 10),
        ("\x0btitle: a", 2, 1),
    ],
)
def test_a_control_character_is_named_with_its_place(yaml: str, line: int, column: int) -> None:
    assert rejection(yaml) == ("broken_yaml", line, column)


def test_columns_count_characters() -> None:
    assert rejection("{橋: é, 🌉: @a}") == ("broken_yaml", 2, 11)
    assert rejection("{橋: é, title: a, title: b}") == ("duplicate_key", 2, 18)


# Limits -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2, 5, 20])
def test_the_limit_itself_is_not_too_deep(depth: int) -> None:
    nested = "[" * (depth - 1) + "]" * (depth - 1)
    assert read(f"mood: {nested or 'calm'}", Limits(max_depth=depth))
    assert rejection(f"mood: [{nested}]", Limits(max_depth=depth)) == ("too_deep", 2, 6 + depth)


def test_lists_beside_each_other_do_not_add_up() -> None:
    assert len(read("related:\n" + "  - images: [{url: a}]\n" * 50, Limits(max_depth=5))["related"]) == 50


def test_a_limit_that_nobody_reaches_is_no_crash() -> None:
    reason, *_ = rejection("title: a\nmood: " + "[" * 100_000, Limits(max_depth=1_000_000))
    assert reason in ("too_deep", "broken_yaml")


@pytest.mark.parametrize("line", ["  - x", "  - x # which the fast reader leaves to this one"])
def test_a_document_of_more_keys_and_values_than_the_limit_is_too_costly(line: str) -> None:
    """The mapping, two keys, a text, the list and its items; both readers count alike."""
    document = f"---\ntitle: a\ntopics:\n{line}\n{line}\n---\n".encode()
    assert read_documents([document], Limits(max_values=7)).numbers == [0]
    [rejected] = read_documents([document], Limits(max_values=6)).rejections.values()
    assert (rejected.reason, rejected.line, rejected.column) == ("too_costly", 5, 5)
    assert rejected.detail == "more than 6 keys and values"


def test_what_is_unknown_costs_as_much_as_what_is_known() -> None:
    assert rejection("mood: {" + "a: [b], " * 3 + "}", Limits(max_values=8))[0] == "duplicate_key"
    assert rejection("mood: [" + "{a: b}, " * 30 + "]", Limits(max_values=80))[0] == "too_costly"


def test_long_texts_are_read_whole() -> None:
    title = "A bridge 🌉 " * 20_000
    assert read(f'title: "{title}"') == {"title": title}


# Frames -------------------------------------------------------------------------------------------------------------


def test_rows_and_rejections_tell_their_documents() -> None:
    contents = [b"---\ntitle: a\n---\n", b"", b"---\ntitle: b\nrelated: [c]\n---\n", b"---\n- d\n---\n"]
    frame, numbers, rejections = read_documents([contents[2], *contents], Limits())
    assert dict(zip(numbers, frame["title"], strict=True)) == {0: "b", 1: "a", 3: "b"}
    assert {number: problem.reason for number, problem in rejections.items()} == {2: "empty", 4: "not_a_mapping"}


def test_frames_have_one_schema_whatever_was_read() -> None:
    nothing, _, _ = read_documents([], Limits())
    little, _, _ = read_documents([b"---\ntitle: a\n---\n"], Limits())
    assert nothing.schema == little.schema
    assert little.row(0, named=True) == {**dict.fromkeys(little.columns), "title": "a"}


def test_the_seed_is_read_whole() -> None:
    [file] = (PROJECT_FOLDER / "seeds").iterdir()
    row = read_document(file.read_bytes(), Limits())
    assert (row["published"], row["heat"], row["topics"]) == ("false", "-1", ["Computer Vision", "AI"])
    assert [entry["unknown_keys"] for entry in row["related"]] == [None] * 19
    starts = [
        number for number, line in enumerate(file.read_text("utf-8").split("\n"), 1) if line.startswith("  - title")
    ]
    assert [entry["line"] for entry in row["related"]] == starts
