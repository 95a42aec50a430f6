"""What `pipeline/entries/` makes of one document: what becomes of single values, and the findings about them.

Documents are written as a feed writes them, in YAML, and read by the real reader.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from pipeline.entries import Fragment, empty_rejected_documents, typed
from pipeline.entries.findings import RULES, value_findings
from pipeline.entries.keys import key
from pipeline.entries.values import typed_columns
from pipeline.reading import read_documents, yaml_reader
from pipeline.schema.columns import COLUMNS
from pipeline.schema.tables import TABLES
from pipeline.schema.upstream import DECLARED, PROSE, HeldScalar, ListOf, Record, Shape, held, raw_schema
from pipeline.settings import Limits

#: A document without a single finding.
RIGHT = """\
title: A
webUrl: https://example.com/a
publishedDateTime: 2021-03-04T12:00:00Z
type: article
provider: {name: Example, domain: example.com}
"""
FILE = {"source_name": "feed", "path": "1", "content_hash": "0" * 32, "byte_count": 100}


def fragment_of(*documents: str) -> Fragment:
    """Typed frames of front matters; the paths are 1, 2, ..."""
    frame, numbers, rejections = read_documents(
        [f"---\n{document}\n---\n".encode() for document in documents], Limits()
    )
    assert not rejections
    files = pl.DataFrame(
        [{**FILE, "path": str(number + 1)} for number in numbers],
        schema={name: raw_schema()[name] for name in FILE},
    )
    return typed(pl.concat([files, frame], how="horizontal"), empty_rejected_documents())


def related(*entries: str) -> str:
    """The right document with related entries: indented lines of YAML each."""
    lines = (
        "\n".join(("  - " if place == 0 else "    ") + line for place, line in enumerate(entry.splitlines()))
        for entry in entries
    )
    return RIGHT + "related:\n" + "\n".join(lines) + "\n"


def findings(fragment: Fragment) -> list[tuple[str, int | None, str]]:
    """Rule, position and detail of each."""
    return sorted(
        fragment.findings.select("rule", "position", "detail").iter_rows(),
        key=lambda row: (row[0], str(row[1]), row[2]),
    )


def lead(document: str) -> dict[str, Any]:
    return fragment_of(document).entries.row(0, named=True)


def without(key: str) -> str:
    return "\n".join(line for line in RIGHT.splitlines() if not line.startswith(f"{key}:"))


def replaced(key: str, value: str) -> str:
    return f"{without(key)}\n{key}: {value}"


# Findings -------------------------------------------------------------------------------------------------------------

STANDS_IN = "; example.com, the host of its address, stands in"


def test_a_right_document_has_no_findings() -> None:
    document = (
        related(RIGHT) + "heat: 20\npublished: true\ntopics: [a, b]\nquality: 5\nsecured: eA==;eA==\ncategory: news"
    )
    assert findings(fragment_of(document)) == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            replaced("publishedDateTime", "2021-02-30T12:00:00Z"),
            ("invalid_time", 0, "publishedDateTime: '2021-02-30T12:00:00Z' cannot exist"),
        ),
        (
            replaced("publishedDateTime", "yesterday"),
            ("invalid_time", 0, "publishedDateTime: 'yesterday' is in a form that is not understood"),
        ),
        (without("publishedDateTime"), ("missing_time", 0, "no publishedDateTime")),
        (replaced("publishedDateTime", "null"), ("missing_time", 0, "no publishedDateTime")),
        (RIGHT + "quality: high", ("not_an_integer", 0, "quality: 'high' is not an integer")),
        (RIGHT + "quality: 1.5", ("not_an_integer", 0, "quality: '1.5' is not an integer")),
        (RIGHT + "heat: hot", ("not_an_integer", None, "heat: 'hot' is not an integer")),
        (RIGHT + "published: yes", ("not_a_boolean", None, "published: 'yes' is neither true nor false")),
        (RIGHT + "published: 'a b'", ("not_a_boolean", None, "published: 'a b' is neither true nor false")),
        (
            RIGHT + "heat: -1",
            ("folded_mismatch", None, "heat is -1, but the document is not unpublished with related entries"),
        ),
        (
            related(RIGHT) + "heat: -1\npublished: true",
            ("folded_mismatch", None, "heat is -1, but the document is not unpublished with related entries"),
        ),
        (
            RIGHT + "heat: -1\npublished: false",
            ("folded_mismatch", None, "heat is -1, but the document is not unpublished with related entries"),
        ),
        (
            related(RIGHT) + "heat: -1",
            ("folded_mismatch", None, "heat is -1, but the document is not unpublished with related entries"),
        ),
        (RIGHT + "topics: [a, '', b]", ("empty_topic", None, "topics[2] is empty")),
        (RIGHT + "topics:\n-\n", ("empty_topic", None, "topics[1] is empty")),
        (RIGHT + "topics: [a, b, ' a ']", ("repeated_topic", None, "topics[3]: 'a' is already in the list")),
        (without("title"), ("missing_title", 0, "no title")),
        (replaced("title", "' '"), ("missing_title", 0, "no title")),
        (without("webUrl"), ("missing_address", 0, "neither webUrl nor originalUrl")),
        (replaced("webUrl", "'#'"), ("unusable_address", 0, "webUrl: '#' is not an address")),
        (without("provider"), ("missing_provider", 0, f"no provider domain{STANDS_IN}")),
        (replaced("provider", "{name: Example}"), ("missing_provider", 0, f"no provider domain{STANDS_IN}")),
        (
            replaced("provider", "{name: Example, domain: www.}"),
            ("missing_provider", 0, f"provider.domain: 'www.' names no host{STANDS_IN}"),
        ),
        (without("type"), ("missing_media_type", 0, "no type")),
        (replaced("type", "gallery"), ("unknown_media_type", 0, "type: 'gallery' is neither article nor video")),
        (replaced("type", "Article"), ("unknown_media_type", 0, "type: 'Article' is neither article nor video")),
        (RIGHT + "mood: calm", ("unknown_key", 0, "mood is unknown; kept in unknown_keys")),
        (RIGHT + "Title: B", ("unknown_key", 0, "Title is unknown; kept in unknown_keys")),
        (
            replaced("provider", "{name: Example, domain: example.com, rank: 1}"),
            ("unknown_key", 0, "provider.rank is unknown; kept in unknown_keys"),
        ),
        (
            replaced("provider", "{name: E, domain: e.com, images: [{url: u}, {url: v, alt: x}]}"),
            ("unknown_key", 0, "provider.images[2].alt is unknown; kept in unknown_keys"),
        ),
        (
            RIGHT + "images: [{url: u, alt: x}]",
            ("unknown_key", 0, "images[1].alt is unknown; kept in unknown_keys"),
        ),
        (
            RIGHT + "excerpt: [a, b]",
            ("wrong_shape", 0, "excerpt is not of the expected shape; kept in unknown_keys"),
        ),
        (RIGHT + "topics: a", ("wrong_shape", 0, "topics is not of the expected shape; kept in unknown_keys")),
        (
            RIGHT + "topics: [[a]]",
            ("wrong_shape", 0, "topics[1] is not of the expected shape; kept in unknown_keys"),
        ),
        (RIGHT + "images: [{}]", ("image_without_url", 0, "images[1]: no url")),
        (RIGHT + "images: [{url: ' ', width: 5}]", ("image_without_url", 0, "images[1]: no url")),
        (RIGHT + "images: [{url: u, width: 5px}]", ("not_an_integer", 0, "images[1].width: '5px' is not an integer")),
        (RIGHT + "images: [{url: u, height: x}]", ("not_an_integer", 0, "images[1].height: 'x' is not an integer")),
        (RIGHT + "images: [{url: u}, {url: v, width: -5}]", ("negative_size", 0, "images[2].width: -5 is negative")),
        (RIGHT + "images: [{url: u, height: -1}]", ("negative_size", 0, "images[1].height: -1 is negative")),
        (
            RIGHT + "images: [{url: u, isCached: 1}]",
            ("not_a_boolean", 0, "images[1].isCached: '1' is neither true nor false"),
        ),
        (
            replaced("provider", "{name: E, domain: e.com, images: [{url: u, width: wide}]}"),
            ("not_an_integer", 0, "provider.images[1].width: 'wide' is not an integer"),
        ),
        (
            related(RIGHT, "just text"),
            ("entry_not_a_mapping", 2, 'the related entry is "just text", not key: value pairs'),
        ),
        (
            related("[a, b]"),
            ("entry_not_a_mapping", 1, 'the related entry is ["a", "b"], not key: value pairs'),
        ),
        (related(RIGHT, RIGHT + "mood: calm"), ("unknown_key", 2, "mood is unknown; kept in unknown_keys")),
        # These are in leads only.
        (related(RIGHT + "heat: 20"), ("unknown_key", 1, "heat is unknown; kept in unknown_keys")),
        (related(RIGHT + "topics: [a]"), ("unknown_key", 1, "topics is unknown; kept in unknown_keys")),
        (related(RIGHT, without("type")), ("missing_media_type", 2, "no type")),
        (
            related(RIGHT, replaced("publishedDateTime", "x")),
            ("invalid_time", 2, "publishedDateTime: 'x' is in a form that is not understood"),
        ),
        (related(RIGHT, RIGHT + "quality: x"), ("not_an_integer", 2, "quality: 'x' is not an integer")),
        (
            related(RIGHT, RIGHT + "images: [{url: u, width: x}]"),
            ("not_an_integer", 2, "images[1].width: 'x' is not an integer"),
        ),
    ],
)
def test_each_oddity_is_one_finding(document: str, expected: tuple[str, int | None, str]) -> None:
    fragment = fragment_of(RIGHT, document)
    assert findings(fragment) == [expected]
    row = fragment.findings.row(0, named=True)
    assert row["document_id"] == fragment.documents.filter(path="2")["document_id"].item()
    assert row["severity"] == RULES[row["rule"]][0]
    assert fragment.findings.schema == TABLES["findings"].polars_schema
    assert fragment.rejected_documents.height == 0


def test_several_oddities_are_several_findings() -> None:
    document = related("title: B", "mood: calm\nfaces: {a: 1}") + "quality: x\nheat: x\ntopics: ['', '']"
    assert [(rule, position) for rule, position, _ in findings(fragment_of(document))] == [
        ("empty_topic", None),
        ("empty_topic", None),
        ("identified_by_place", 1),
        ("identified_by_place", 2),
        ("missing_address", 1),
        ("missing_address", 2),
        ("missing_media_type", 1),
        ("missing_media_type", 2),
        ("missing_provider", 1),
        ("missing_provider", 2),
        ("missing_time", 1),
        ("missing_time", 2),
        ("missing_title", 2),
        ("not_an_integer", 0),
        ("not_an_integer", None),
        ("unknown_key", 2),
        ("unknown_key", 2),
    ]


def test_a_long_value_is_cut_after_80_characters_in_its_finding() -> None:
    fits, too_long = "x" * 80, "x" * 81
    assert findings(fragment_of(RIGHT + f"quality: {fits}"))[0][2] == f"quality: '{fits}' is not an integer"
    assert findings(fragment_of(RIGHT + f"quality: {too_long}"))[0][2] == f"quality: '{fits}…' is not an integer"


@pytest.mark.parametrize("value", ["", "~", "null", "''", " ' ' "])
def test_a_key_without_value_is_a_key_that_is_absent(value: str) -> None:
    keys = ("quality", "heat", "published", "excerpt", "topics", "images", "related", "featuredContent", "ampWebUrl")
    document = RIGHT + "\n".join(f"{key}: {value}" for key in keys if not (value and key == "excerpt"))
    fragment = fragment_of(document, RIGHT)
    if value.strip("' ") or value == "":
        assert findings(fragment) == []
    first, second = (
        {key: item for key, item in row.items() if key != "document_id"}
        for row in fragment.entries.iter_rows(named=True)
    )
    assert {**first, "unknown_keys": None} == second
    assert fragment.documents.drop("document_id", "path")[0].equals(fragment.documents.drop("document_id", "path")[1])


@pytest.mark.parametrize("value", ["~", "null", "NULL"])
def test_null_is_no_address_no_domain_and_no_type_but_it_is_a_title(value: str) -> None:
    """Writers that spell out what is absent must not make one article of all documents without an address."""
    keys = "".join(f"{key}: {value}\n" for key in ("title", "webUrl", "originalUrl", "type", "category", "secured"))
    fragment = fragment_of(f"{keys}provider: {{name: {value}, domain: {value}}}\nimages: [{{url: {value}}}]")
    entry = fragment.entries.row(0, named=True)
    assert entry["title"] == value
    absent = ("web_url", "original_url", "canonical_url", "media_type", "provider_name_raw", "domain")
    assert {entry[column] for column in absent} == {None}
    assert entry["image_count"] == fragment.images.height == 0
    assert fragment.documents.select("category", "secured").row(0) == (None, None)
    assert {rule for rule, *_ in findings(fragment)} == {
        "identified_by_place",
        "missing_address",
        "missing_media_type",
        "missing_provider",
        "missing_time",
        "image_without_url",
    }


# Values ---------------------------------------------------------------------------------------------------------------


def test_a_document_is_typed_and_keeps_its_texts() -> None:
    fragment = fragment_of(
        related(RIGHT, RIGHT) + "heat: '012'\npublished: FALSE\ncategory: news\nsecured: eA==\ntopics: [a, '', a, b]"
    )
    assert fragment.documents.row(0, named=True) == {
        "document_id": pl.select(key("document", pl.lit("feed/1"))).item(),
        **FILE,
        "is_published": False,
        "heat": 12,
        "category": "news",
        "related_count": 2,
        "topic_count": 2,
        "secured": "eA==",
        "body": None,
        "state": "suppressed",
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), ("false", False), ("FALSE", False), ("no", None), ("1", None), ("", None)],
)
def test_published_has_three_states(text: str, value: bool | None) -> None:
    assert fragment_of(RIGHT + f"published: {text}").documents["is_published"].to_list() == [value]


def test_an_entry_is_typed_and_keeps_its_texts() -> None:
    found = lead(
        """\
title: ' Rock &amp; Roll! '
excerpt: '  '
publishedDateTime: 2021-03-04 13:30 +01:00
originalUrl: http://example.com/o
webUrl: ' https://WWW.example.com/A/?utm_source=x '
ampWebUrl: https://example.com/amp
type: ' article'
provider: {name: ' The Daily ', domain: WWW.Example.com}
quality: ' +90 '
images: [{url: u}, {url: ''}, {width: 1}, {url: u}]
featuredContent: <b>
"""
    )
    keys = {"document_id", "article_id", "match_key", "provider_id"}
    assert {name: value for name, value in found.items() if name not in keys} == {
        "position": 0,
        "line": 1,
        "title": "Rock &amp; Roll!",
        "excerpt": None,
        "normalized_excerpt": None,
        "url": "https://WWW.example.com/A/?utm_source=x",
        "web_url": "https://WWW.example.com/A/?utm_source=x",
        "original_url": "http://example.com/o",
        "amp_web_url": "https://example.com/amp",
        "cdn_amp_web_url": None,
        "media_type": "article",
        "published_at_raw": "2021-03-04 13:30 +01:00",
        "featured_content": "<b>",
        "provider_name_raw": "The Daily",
        "provider_domain_raw": "WWW.Example.com",
        "quality": 90,
        "unknown_keys": None,
        "canonical_url": "example.com/A",
        "normalized_title": "rock roll",
        "domain": "example.com",
        "folded_provider_name": "thedaily",
        "image_count": 2,
        "published_at": datetime(2021, 3, 4, 12, 30),
        "published_date": date(2021, 3, 4),
        "published_at_precision": "minute",
        "has_amp": True,
    }


def test_an_article_has_the_key_of_its_canonical_address() -> None:
    expected = pl.select(key("article", pl.lit("example.com/a"))).item()
    assert lead(RIGHT)["article_id"] == expected
    assert lead(replaced("webUrl", "http://m.example.com/a/#top"))["article_id"] == expected
    assert lead(without("webUrl") + "\noriginalUrl: http://example.com/a")["article_id"] == expected


def test_an_article_without_address_has_a_key_of_provider_name_title_and_time() -> None:
    no_address = without("webUrl")
    same = (
        no_address.replace("title: A", "title: 'a!'").replace("12:00:00Z", "12:00:00.000").replace("Example", "EXAMPLE")
    )
    assert lead(same)["article_id"] == lead(no_address)["article_id"]
    assert lead(same)["match_key"] == lead(RIGHT)["match_key"]
    for other in ("title: B", "12:00:01Z", "name: Exemple"):
        change = {"title: B": "title: A", "12:00:01Z": "12:00:00Z", "name: Exemple": "name: Example"}[other]
        assert lead(no_address.replace(change, other))["article_id"] != lead(no_address)["article_id"]
        assert lead(RIGHT.replace(change, other))["match_key"] != lead(RIGHT)["match_key"]
        assert lead(RIGHT.replace(change, other))["article_id"] == lead(RIGHT)["article_id"]


def test_providers_have_the_key_of_their_domain_and_one_key_stands_for_none() -> None:
    assert lead(RIGHT)["provider_id"] == lead(replaced("provider", "{domain: WWW.EXAMPLE.COM}"))["provider_id"]
    assert lead(RIGHT)["provider_id"] == lead(without("provider"))["provider_id"]  # the host of its address stands in
    nowhere = without("webUrl").replace("domain: example.com", "domain: ' '")
    unknown = {lead(document)["provider_id"] for document in (nowhere, nowhere.replace("' '", "undefined"))}
    assert unknown == {pl.select(key("provider", pl.lit(""))).item()}


@pytest.mark.parametrize(
    ("keys", "has_amp"),
    [
        ("ampWebUrl: a.example/amp", True),
        ("cdnAmpWebUrl: https://a-example.cdn.ampproject.org/c/a.example", True),
        ("ampWebUrl: undefined", False),
        ("ampWebUrl: ' '\ncdnAmpWebUrl:", False),
        ("", False),
    ],
)
def test_an_address_of_either_kind_is_amp(keys: str, has_amp: bool) -> None:
    assert lead(RIGHT + keys)["has_amp"] is has_amp


# Positions and lines --------------------------------------------------------------------------------------------------


def test_entries_know_their_position_and_the_line_on_which_they_begin() -> None:
    fragment = fragment_of(
        "title: A\nrelated:\n- title: B\n  type: video\n-\n  title: C\n\n# a comment\n"
        "- {title: D,\n   type: video}\n- E\n",
        "title: F",
        "related: [{title: H}, {title: I}]\ntitle: G",
    )
    paths = dict(fragment.documents.select("document_id", "path").iter_rows())
    found = fragment.entries.select("document_id", "position", "line", "title").iter_rows()
    assert sorted((paths[document], *row) for document, *row in found) == [
        ("1", 0, 1, "A"),
        ("1", 1, 4, "B"),
        ("1", 2, 7, "C"),
        ("1", 3, 10, "D"),
        ("1", 4, 12, None),
        ("2", 0, 1, "F"),
        ("3", 0, 1, "G"),
        ("3", 1, 2, "H"),
        ("3", 2, 2, "I"),
    ]


def test_entry_rows_in_are_entry_rows_out() -> None:
    documents = [related(*[RIGHT] * count) if count else RIGHT for count in (0, 3, 1, 40)] + [RIGHT + "related: []"]
    fragment = fragment_of(*documents)
    assert fragment.entries.height == 5 + 44
    assert fragment.documents["related_count"].to_list() == [0, 3, 1, 40, 0]


# Images and topics ----------------------------------------------------------------------------------------------------


def test_images_keep_their_place_and_logos_are_told_apart() -> None:
    fragment = fragment_of(
        related(RIGHT + "images: [{url: c, isCached: False}]")
        + "images: [{url: a, width: 012, height: x, isCached: true, title: T}, {width: 3}, {url: b, width: -1}]"
    )
    logo = fragment_of(
        replaced("provider", "{domain: e.com, images: [{width: 1}, {url: logo}]}") + "\nimages: [{url: a}]"
    )
    columns = ("position", "image_position", "is_logo", "url", "width", "height", "is_cached", "title")
    assert sorted(fragment.images.select(columns).iter_rows()) == [
        (0, 1, False, "a", 12, None, True, "T"),
        (0, 3, False, "b", -1, None, None, None),
        (1, 1, False, "c", None, None, False, None),
    ]
    assert sorted(logo.images.select("is_logo", "image_position", "url").iter_rows()) == [
        (False, 1, "a"),
        (True, 2, "logo"),
    ]


def test_topics_keep_their_place_once_each() -> None:
    fragment = fragment_of(RIGHT + "topics: [b, '', ' a ', b, B, a]", RIGHT + "topics: [b]", RIGHT)
    assert fragment.topics.select("position", "name").rows() == [(1, "b"), (3, "a"), (1, "b")]  # `B` is `b`
    assert fragment.documents["topic_count"].to_list() == [2, 1, 0]


# Columns and keys ----------------------------------------------------------------------------------------------------


def declared(*path: str) -> Record:
    """What upstream declares, with one more key, `mood`, in the mapping at this path."""

    def with_mood(shape: Shape, path: tuple[str, ...]) -> Shape:
        if isinstance(shape, ListOf):
            return replace(shape, item=with_mood(shape.item, path))
        assert isinstance(shape, Record)
        if not path:
            return replace(shape, fields={**shape.fields, "mood": PROSE})
        return replace(shape, fields={**shape.fields, path[0]: with_mood(shape.fields[path[0]], path[1:])})

    shape = with_mood(DECLARED, path)
    assert isinstance(shape, Record) and shape != DECLARED
    return shape


@pytest.mark.parametrize(
    ("path", "document", "position", "kept", "where"),
    [
        ((), RIGHT + "mood: calm", 0, {"mood": "calm"}, "mood"),
        (("related",), related(RIGHT + "mood: calm"), 1, {"mood": "calm"}, "mood"),
        (
            ("provider",),
            replaced("provider", "{domain: example.com, mood: calm}"),
            0,
            {"provider": {"mood": "calm"}},
            "provider.mood",
        ),
        (
            ("images",),
            RIGHT + "images: [{url: u, mood: calm}]",
            0,
            {"images": {"1": {"mood": "calm"}}},
            "images[1].mood",
        ),
        (
            ("provider", "images"),
            replaced("provider", "{domain: example.com, images: [{url: u, mood: calm}]}"),
            0,
            {"provider": {"images": {"1": {"mood": "calm"}}}},
            "provider.images[1].mood",
        ),
        (
            ("related", "images"),
            related(RIGHT + "images: [{url: u, mood: calm}]"),
            1,
            {"images": {"1": {"mood": "calm"}}},
            "images[1].mood",
        ),
    ],
)
def test_a_declared_key_without_a_column_stays_in_unknown_keys(
    monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...], document: str, position: int, kept: object, where: str
) -> None:
    monkeypatch.setattr(yaml_reader, "DOCUMENT", held(declared(*path)))
    assert unknown_keys(document, position) == kept
    assert findings(fragment_of(document)) == [("unknown_key", position, f"{where} is unknown; kept in unknown_keys")]


def test_a_declared_key_with_a_column_is_read() -> None:
    """A new column is a line in the schema: the value needs no code, and a bad one is a finding."""
    scalars = [HeldScalar(COLUMNS["heat"], "a.b", "integer")]
    rows = pl.DataFrame({"document_id": [1, 2], "position": [0, 0], "a": [{"b": "7"}, {"b": "x"}]})
    typed_rows = typed_columns(rows, scalars)
    assert typed_rows.to_dict(as_series=False) == {"heat": [7, None]}
    [found] = value_findings(rows, typed_rows, scalars)
    assert found.select("rule", "document_id", "detail").rows() == [("not_an_integer", 2, "a.b: 'x' is not an integer")]


def test_every_source_key_is_a_key_that_upstream_declares() -> None:
    def paths(shape: Shape, path: str) -> set[str]:
        if isinstance(shape, Record):
            return {found for key, inner in shape.fields.items() for found in paths(inner, f"{path}.{key}".lstrip("."))}
        return paths(shape.item, path.rpartition(".")[2]) if isinstance(shape, ListOf) else {path}

    known = {path.removeprefix("related.") for path in paths(DECLARED, "")}
    assert {key for table in TABLES.values() for key in table.source_keys.values()} == known
    assert held(DECLARED) == DECLARED


# Unknown keys ---------------------------------------------------------------------------------------------------------


def unknown_keys(document: str, position: int = 0) -> Any:
    text = fragment_of(document).entries.filter(position=position)["unknown_keys"].item()
    return None if text is None else json.loads(text)


def test_unknown_keys_of_an_entry_its_provider_and_images_are_one_object() -> None:
    document = replaced("provider", "{domain: e.com, rank: 1, images: [{url: u}, {url: v, alt: x}]}")
    document += "\nmood: {calm: [yes, 012]}\nimages: [{url: u, alt: y}, z]\nexcerpt: [a]\n"
    assert unknown_keys(document) == {
        "mood": {"calm": ["yes", "012"]},
        "excerpt": ["a"],
        "provider": {"rank": "1", "images": {"2": {"alt": "x"}}},
        "images": {"1": {"alt": "y"}, "2": "z"},
    }


def test_unknown_keys_stay_with_their_entry_and_are_null_elsewhere() -> None:
    document = related(RIGHT, RIGHT + "images: [{url: u, alt: é}]", "some text") + "mood: calm"
    assert [unknown_keys(document, position) for position in range(4)] == [
        {"mood": "calm"},
        None,
        {"images": {"1": {"alt": "é"}}},
        "some text",
    ]


def test_a_known_key_in_another_shape_is_null_and_kept() -> None:
    document = without("provider") + "\nprovider: Example\nimages: {url: u}\nrelated: none of them\nquality: [1]"
    fragment = fragment_of(document)
    assert json.loads(fragment.entries["unknown_keys"].item()) == {
        "provider": "Example",
        "images": {"url": "u"},
        "related": "none of them",
        "quality": ["1"],
    }
    assert {rule for rule, _, _ in findings(fragment)} == {"wrong_shape", "missing_provider"}
    assert fragment.entries.select("quality", "domain", "image_count").row(0) == (None, "example.com", 0)


# Rejections -----------------------------------------------------------------------------------------------------------


def test_a_lead_without_title_and_address_is_rejected_with_all_its_rows() -> None:
    nothing = "title: ' '\nwebUrl: '#'\nquality: x\ntopics: [a, '']\nimages: [{url: u}]\nrelated:\n- title: B\n"
    fragment = fragment_of(RIGHT, nothing, "title: only a title", "originalUrl: only.an/address")
    assert fragment.rejected_documents.row(0, named=True) == {
        "source_name": "feed",
        "path": "2",
        "reason": "no_title_or_address",
        "detail": "the lead has no title, no webUrl and no originalUrl",
        "line": 1,
        "column_number": 1,
        "byte_count": 100,
    }
    assert fragment.rejected_documents.height == 1
    assert sorted(fragment.documents["path"]) == ["1", "3", "4"]
    rejected_id = pl.select(key("document", pl.lit("feed/2"))).item()
    for frame in (fragment.documents, fragment.entries, fragment.images, fragment.topics, fragment.findings):
        assert rejected_id not in frame["document_id"]


def test_what_reading_rejected_stays_rejected() -> None:
    frame, _, _ = read_documents([f"---\n{RIGHT}---\n".encode(), b"---\nmood: calm\n---\n"], Limits())
    files = pl.DataFrame([FILE, {**FILE, "path": "2"}], schema={name: raw_schema()[name] for name in FILE})
    earlier = pl.DataFrame(
        [("feed", "0", "empty", None, None, None, 0)], schema=TABLES["rejected_documents"].polars_schema, orient="row"
    )
    fragment = typed(pl.concat([files, frame], how="horizontal"), earlier)
    assert fragment.rejected_documents.select("path", "reason").rows() == [("0", "empty"), ("2", "no_title_or_address")]


def test_no_documents_give_frames_of_the_same_columns() -> None:
    empty, full = fragment_of(), fragment_of(related(RIGHT) + "topics: [a]\nimages: [{url: u}]")
    for name in Fragment.names():
        assert getattr(empty, name).height == 0
        assert getattr(empty, name).schema == getattr(full, name).schema
