"""One small document per kind of trouble, and what must become of each, alone in the reader and all in one build.

    documents/rejected/<reason>__<what>.txt    cannot become a document
    documents/kept/<rule>__<what>.txt          becomes a document with a finding
    documents/right/<what>.txt                 looks odd and is right

What Git or a folder of the project cannot hold (links that lead nowhere, large files, odd names) is made here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from filelock import FileLock

from pipeline.reading.rejections import REASONS, Rejection
from pipeline.reading.yaml_reader import read_document
from pipeline.settings import PROJECT_FOLDER, Limits
from tests.helpers import TESTS_FOLDER

FOLDER = TESTS_FOLDER / "documents"
REJECTED, KEPT, RIGHT = (
    sorted(file.stem for file in (FOLDER / name).iterdir()) for name in ("rejected", "kept", "right")
)

# What is expected ---------------------------------------------------------------------------------------------------

Place = tuple[int, int] | None

#: Line and column of every rejected document of a reason ...
PLACE_OF_REASON: dict[str, Place] = {
    "empty": None,
    "no_front_matter": (1, 1),
    "not_a_mapping": (2, 1),
    "no_title_or_address": (1, 1),
}
#: ... or of one document each.
PLACES: dict[str, dict[str, Place]] = {
    "anchor_or_alias": {
        "alias_as_key": (3, 1),
        "alias_only": (2, 8),
        "anchor_in_unknown_key": (4, 5),
        "anchor_on_document": (2, 1),
        "anchor_on_key": (2, 1),
        "anchor_on_list": (3, 9),
        "anchor_on_mapping": (3, 11),
        "anchor_on_text": (2, 8),
        "billion_laughs": (2, 4),
        "itself": (3, 10),
        "merge_key": (3, 37),
        "title_with_ampersand": (2, 8),
        "title_with_asterisk": (2, 8),
    },
    "broken_yaml": {
        "apostrophe_in_single_quotes": (2, 16),
        "below_a_line_separator": (3, 10),
        "colon_in_title": (2, 12),
        "colon_without_blank": (4, 1),
        "colon_without_key": (3, 1),
        "comma_missing": (2, 36),
        "control_character": (3, 18),
        "deeper_first_key": (3, 1),
        "deeper_second_key": (3, 9),
        "delete_character": (3, 29),
        "directive": (3, 1),
        "dots_only": (2, 1),
        "key_of_2000_characters": (3, 2003),
        "key_without_colon": (4, 1),
        "line_separator_in_plain_title": (3, 1),
        "list_among_keys": (3, 1),
        "list_as_key": (3, 1),
        "literal_text_not_indented": (4, 1),
        "mapping_as_key": (3, 3),
        "non_character": (3, 23),
        "open_brace": (4, 7),
        "open_bracket": (4, 7),
        "open_double_quote": (4, 1),
        "open_single_quote": (4, 1),
        "quotes_in_double_quotes": (2, 26),
        "stray_bracket": (3, 9),
        "surrogate_escape": (2, 20),
        "tab_at_the_top": (2, 1),
        "tab_before_dash": (4, 1),
        "tab_indent": (4, 1),
        "text_after_dots": (4, 1),
        "text_after_quotes": (2, 17),
        "title_in_asterisks": (2, 17),
        "title_with_at_sign": (2, 8),
        "title_with_backtick": (2, 8),
        "title_with_percent": (2, 8),
        "undefined_tag_handle": (2, 8),
        "uneven_indent_in_related": (5, 10),
        "unknown_escape": (2, 33),
        "windows_path_in_double_quotes": (2, 39),
    },
    "duplicate_key": {
        "empty_value": (4, 1),
        "escaped": (4, 1),
        "flow": (2, 48),
        "merge_key": (4, 1),
        "nested_in_image": (6, 5),
        "nested_in_logo": (7, 7),
        "nested_in_provider": (6, 3),
        "nested_in_related": (6, 5),
        "nested_in_related_provider": (7, 7),
        "nested_in_unknown_key": (5, 5),
        "quoted": (4, 1),
        "related_twice": (6, 1),
        "same_value": (4, 1),
        "title": (4, 1),
        "unknown_key": (4, 1),
    },
    "front_matter_not_closed": {
        "blank_lines_at_the_end": (4, 1),
        "dots": (5, 1),
        "end_of_file": (4, 1),
        "first_line_only": (1, 1),
        "first_line_without_break": (1, 1),
        "four_dashes": (5, 1),
        "indented_dashes": (5, 1),
        "text_after_dashes": (5, 1),
        "text_before_dashes": (2, 1),
    },
    "not_utf8": {
        "cut_character": (3, 26),
        "in_the_body": (6, 26),
        "latin1": (3, 27),
        "overlong": (3, 23),
        "surrogate": (3, 24),
        "windows_1252_quotes": (3, 8),
    },
    "nul_byte": {
        "first": (1, 1),
        "in_the_body": (8, 1),
        "middle": (3, 23),
        "utf16": (1, 2),
    },
    "several_documents": {
        "after_dots": (5, 1),
        "dashes_with_keys": (4, 1),
        "dashes_with_text": (4, 1),
    },
    "tag": {
        "binary": (2, 8),
        "in_unknown_key": (3, 14),
        "integer": (3, 10),
        "local": (2, 8),
        "mapping": (3, 11),
        "non_specific": (2, 8),
        "on_document": (2, 1),
        "on_key": (2, 1),
        "python_name": (2, 8),
        "python_object": (3, 11),
        "python_object_apply": (2, 8),
        "set": (3, 9),
        "text": (2, 8),
        "title_with_exclamation_mark": (2, 8),
        "verbatim": (2, 8),
    },
    "too_deep": {
        "block": (23, 41),
        "flow": (3, 26),
        "flow_of_mappings": (3, 83),
        "in_related": (5, 28),
        "never_closed": (3, 26),
    },
}

SEVERITIES = {
    "invalid_timestamp": "warning",
    "missing_timestamp": "warning",
    "implausible_timestamp": "warning",
    "not_an_integer": "warning",
    "not_a_boolean": "warning",
    "wrong_shape": "warning",
    "unknown_key": "info",
    "empty_topic": "warning",
    "repeated_topic": "info",
    "entry_not_a_mapping": "warning",
    "missing_title": "warning",
    "missing_address": "info",
    "missing_provider": "warning",
    "missing_media_type": "info",
    "unknown_media_type": "warning",
    "image_without_url": "info",
    "negative_size": "warning",
    "suspect_same_path": "info",
    "folded_mismatch": "warning",
}
#: Rules about the document as a whole; their findings have no position.
OF_THE_DOCUMENT = {"empty_topic", "repeated_topic", "folded_mismatch"}

#: Positions of the findings of the rule that a document is named after. Those not listed here have one finding, at the
#: lead or, for rules about the document, without position.
POSITIONS: dict[str, list[int | None]] = {
    "empty_topic__only_empty_ones": [None, None],
    "entry_not_a_mapping__empty_bullet": [2],
    "entry_not_a_mapping__list": [1],
    "entry_not_a_mapping__number": [1],
    "entry_not_a_mapping__text": [1],
    "entry_not_a_mapping__two_titles": [1, 2],
    "implausible_timestamp__years_ahead_in_related": [1],
    "invalid_timestamp__everywhere": [0, 1, 2],
    "invalid_timestamp__in_related": [1],
    "missing_address__video_in_related": [1, 2],
    "missing_media_type__in_related": [1],
    "missing_provider__in_related": [1, 2],
    "missing_timestamp__in_related": [2],
    "missing_title__and_address_in_related": [1],
    "missing_title__in_related": [1, 2],
    "negative_size__both": [0, 0],
    "negative_size__in_related": [1],
    "not_a_boolean__image_in_related": [1],
    "not_a_boolean__published_one": [None],
    "not_a_boolean__published_word": [None],
    "not_a_boolean__published_yes": [None],
    "not_an_integer__heat_word": [None],
    "not_an_integer__in_related": [2],
    "repeated_topic__three_times": [None, None],
    "suspect_same_path__in_one_document": [0, 1],
    "unknown_key__at_every_level": [0, 0, 0, 1],
    "unknown_key__in_related": [2],
    "unknown_key__in_related_image": [1],
    "unknown_key__in_related_provider": [1],
    "unknown_key__lead_keys_in_related": [1, 1, 1, 1],
    "unknown_key__other_case": [0, 1],
    "unknown_key__related_in_related": [1],
    "unknown_key__two_of_them": [0, 0],
    "unknown_media_type__in_related": [2],
    "wrong_shape__in_related": [1, 1],
    "wrong_shape__in_related_image": [1],
}
#: Findings that follow from the first ones: a title that is a list leaves no title.
FURTHER: dict[str, list[tuple[str, int | None]]] = {
    "missing_title__and_address_in_related": [("missing_address", 1)],
    "wrong_shape__image_url_is_a_mapping": [("image_without_url", 0)],
    "wrong_shape__in_related": [("missing_provider", 1), ("missing_title", 1)],
    "wrong_shape__provider_is_a_list": [("missing_provider", 0)],
    "wrong_shape__provider_is_text": [("missing_provider", 0)],
    "wrong_shape__time_is_a_mapping": [("missing_timestamp", 0)],
    "wrong_shape__title_is_a_list": [("missing_title", 0)],
}

#: Columns of `documents` (position 0) or `related_links` that show what was kept.
KEPT_VALUES: dict[tuple[str, int], dict[str, Any]] = {
    ("invalid_timestamp__february_30", 0): {
        "published_at": None,
        "published_at_raw": "2023-02-30T09:30:00Z",
        "published_at_precision": None,
    },
    ("invalid_timestamp__words", 0): {"published_at": None, "published_at_raw": "last Thursday"},
    ("invalid_timestamp__in_related", 1): {"published_at": None, "published_at_raw": "2023-04-31T10:00:00Z"},
    ("invalid_timestamp__in_related", 2): {"published_at": datetime(2023, 5, 4, 12)},
    ("missing_timestamp__absent", 0): {"published_at": None, "published_at_raw": None},
    ("missing_timestamp__empty", 0): {"published_at": None, "published_at_raw": None},
    ("implausible_timestamp__year_one", 0): {"published_at": datetime(1, 1, 1)},
    ("implausible_timestamp__year_9999", 0): {"published_at": datetime(9999, 12, 31, 23, 59, 59)},
    ("not_an_integer__quality_word", 0): {"quality": None},
    ("not_an_integer__quality_fraction", 0): {"quality": None},
    ("not_an_integer__quality_beyond_64_bits", 0): {"quality": None},
    ("not_an_integer__in_related", 1): {"quality": 40},
    ("not_an_integer__in_related", 2): {"quality": None},
    ("not_an_integer__heat_word", 0): {"heat": None, "state": "head"},
    ("not_a_boolean__published_yes", 0): {"is_published": None, "state": "unknown"},
    ("not_a_boolean__published_one", 0): {"is_published": None, "state": "unknown"},
    ("empty_topic__bullet", 0): {"topic_count": 2},
    ("empty_topic__only_empty_ones", 0): {"topic_count": 0},
    ("repeated_topic__three_times", 0): {"topic_count": 1},
    ("repeated_topic__with_blanks", 0): {"topic_count": 1},
    ("missing_title__lead", 0): {"title": None},
    ("missing_title__in_related", 2): {"title": None, "quality": 40},
    ("missing_address__lead", 0): {"web_url": None, "original_url": None},
    ("missing_address__video_in_related", 1): {"web_url": None, "media_type": "video"},
    ("missing_provider__in_related", 2): {"provider_name_raw": "Example Post", "provider_domain_raw": None},
    ("unknown_media_type__podcast", 0): {"media_type": "podcast"},
    ("missing_media_type__blank", 0): {"media_type": None},
    ("folded_mismatch__published", 0): {"state": "head", "heat": -1},
    ("folded_mismatch__no_related", 0): {"state": "suppressed", "heat": -1},
    ("folded_mismatch__published_absent", 0): {"state": "unknown", "heat": -1},
    ("entry_not_a_mapping__text", 0): {"related_count": 2},
    ("entry_not_a_mapping__text", 1): {"title": None, "web_url": None, "published_at": None},
    ("entry_not_a_mapping__empty_bullet", 0): {"related_count": 2},
    ("wrong_shape__related_is_text", 0): {"related_count": 0},
    ("wrong_shape__topic_is_a_mapping", 0): {"topic_count": 1},
    ("wrong_shape__quality_is_a_list", 0): {"quality": None},
}

#: What `unknown_keys` holds.
KEPT_UNKNOWN_KEYS: dict[tuple[str, int], Any] = {
    ("unknown_key__in_document", 0): {"mood": "calm"},
    ("unknown_key__in_related", 2): {"mood": "calm"},
    ("unknown_key__in_provider", 0): {"provider": {"country": "GB"}},
    ("unknown_key__in_image", 0): {"images": {"2": {"alt": "A bridge"}}},
    ("unknown_key__in_logo", 0): {"provider": {"images": {"1": {"alt": "A lion"}}}},
    ("unknown_key__in_related_provider", 1): {"provider": {"country": "FR"}},
    ("unknown_key__in_related_image", 1): {"images": {"1": {"alt": "A bridge"}}},
    ("unknown_key__at_every_level", 0): {
        "mood": "calm",
        "provider": {"country": "GB"},
        "images": {"1": {"alt": "A bridge"}},
    },
    ("unknown_key__at_every_level", 1): {"mood": "tense"},
    ("unknown_key__list_and_mapping", 0): {"mood": {"day": "calm", "nights": ["tense", "~", "012"]}},
    ("unknown_key__without_value", 0): {"mood": ""},
    ("unknown_key__blank_name", 0): {" ": "calm"},
    ("unknown_key__number_as_name", 0): {"1984": "calm"},
    ("unknown_key__non_ascii_name", 0): {"Überschrift": "ruhig"},
    ("unknown_key__name_with_brackets", 0): {"images[1]": "calm"},
    ("unknown_key__merge_key_without_alias", 0): {"<<": {"mood": "calm"}},
    ("unknown_key__lead_keys_in_related", 1): {
        "heat": "40",
        "published": "true",
        "topics": ["Bridges"],
        "category": "news",
    },
    ("unknown_key__related_in_related", 1): {"related": [{"title": "A third level"}]},
    ("wrong_shape__title_is_a_list", 0): {"title": ["A town", "builds a bridge"]},
    ("wrong_shape__provider_is_text", 0): {"provider": "Example Times"},
    ("wrong_shape__image_is_text", 0): {"images": {"1": "https://example.com/k.jpg"}},
    ("wrong_shape__topic_is_a_mapping", 0): {"topics": {"2": {"Rivers": "Spanning them"}}},
    ("wrong_shape__related_is_a_mapping", 0): {
        "related": {"title": "A first bridge", "webUrl": "https://example.org/bridge"}
    },
    ("wrong_shape__in_related", 1): {"title": {"short": "A bridge"}, "provider": "Example Post"},
    ("entry_not_a_mapping__text", 1): "https://example.org/bridge",
    ("entry_not_a_mapping__list", 1): ["A first bridge", "https://example.org/bridge"],
    ("entry_not_a_mapping__number", 1): "1984",
    ("entry_not_a_mapping__empty_bullet", 2): "",
}

#: Titles of right documents, in the reader and in the build.
TITLES = {
    "blanks_around_values": "Blanks around values",
    "folded_text": "A town builds a bridge\nat last\n",
    "folded_text_stripped": "A town builds a bridge",
    "json": "JSON is YAML",
    "keys_explicit": "Keys explicit",
    "keys_in_another_order": "Keys in another order",
    "keys_quoted": "Keys quoted",
    "line_breaks_cr": "Line breaks cr",
    "line_breaks_crlf": "Line breaks crlf",
    "literal_text": "A town\n  builds a bridge\n",
    "literal_text_kept": "A town\n\n\n",
    "literal_text_stripped": 'A town: "builds" a bridge\n# not a comment',
    "literal_text_with_indent": "  two blanks remain",
    "plain_over_lines": "A town builds a bridge",
    "quotes_double": 'It\'s "built": a\tbridge \\ é! # not a comment',
    "quotes_double_over_lines": "A town builds a bridge,\nat last now",
    "quotes_single": 'It\'s "built": a bridge \\n # not a comment',
    "title_012": "012",
    "title_0x1f": "0x1F",
    "title_10_00": "10:00",
    "title_1984": "1984",
    "title_1_000": "1_000",
    "title_1e3": "1e3",
    "title_cjk_and_arabic": "橋が完成 — جسر جديد",
    "title_dashes": "---",
    "title_date": "2023-05-04",
    "title_decomposed": "Cafe\u0301 by the bridge",
    "title_emoji": "👩‍🚀 A bridge 🌉 to 🇪🇺 ✨",
    "title_entities": "A town&#39;s bridge &amp; river &quot;spanned&quot;",
    "title_equals": "=",
    "title_html": '<b>A bridge</b> & "towns" <script>alert(1)</script>',
    "title_infinity": ".inf",
    "title_invisible": "A\u200bbridge\u00ad\u2060\ufeff",
    "title_line_separator": "A town\u2028builds a bridge",
    "title_minus": "-1",
    "title_next_line": "A town builds a bridge",  # YAML takes U+0085 for a line break.
    "title_no": "NO",
    "title_nul_escape": "A\0bridge",
    "title_null": "null",
    "title_off": "off",
    "title_sql": "Robert'); drop table articles;--",
    "title_tab": "A\ttown",
    "title_tilde": "~",
    "title_true": "true",
    "title_url": "https://example.com/a:b#c",
    "title_windows_path": "C:\\new\\table",
    "title_yes": "yes",
}

MORNING = datetime(2023, 5, 4, 9, 30)
#: Columns of `documents` of right documents.
RIGHT_VALUES: dict[str, dict[str, Any]] = {
    "blanks_around_values": {"quality": 50, "media_type": "article"},
    "block_style": {
        "state": "head",
        "category": "news",
        "excerpt": "It spans the river.",
        "heat": 70,
        "quality": 50,
        "media_type": "article",
        "related_count": 1,
        "topic_count": 2,
        "published_at": MORNING,
        "provider_domain_raw": "example.com",
        "amp_web_url": "https://example.com/right/block_style/amp",
        "secured": "dG93bg==;YnJpZGdl",
        "unknown_keys": None,
        "body": None,
    },
    "body_blank": {"body": None},
    "body_text": {"body": "\nThe town opened the bridge on Thursday.\n\nIt had been planned for years.\n"},
    "body_with_dashes": {"body": "First part\n---\nSecond part\n---\ntitle: not a key\n"},
    "byte_order_mark": {"category": "news", "body": None},
    "flow_style": {"related_count": 1, "topic_count": 2, "quality": 50},
    "folded": {"state": "folded", "is_published": False, "heat": -1},
    "heat_absent": {"heat": None, "state": "head"},
    "json": {"quality": 50, "is_published": True, "related_count": 0, "topic_count": 1},
    "line_breaks_crlf": {"related_count": 1, "body": "A body.\r\n"},
    "line_breaks_cr": {"related_count": 1, "body": "A body.\r"},
    "lists_not_indented": {"topic_count": 2},
    "nothing_written_for_lists": {"topic_count": 0, "related_count": 0, "unknown_keys": None},
    "null_for_lists": {"topic_count": 0, "related_count": 0, "unknown_keys": None},
    "published_absent": {"is_published": None, "state": "unknown"},
    "published_capital_letters": {"is_published": True, "state": "head"},
    "published_false": {"is_published": False, "state": "suppressed"},
    "published_null": {"is_published": None, "state": "unknown"},
    "quality_absent": {"quality": None},
    "quality_leading_zeros": {"quality": 12},
    "quality_null": {"quality": None},
    "quality_quoted": {"quality": 50},
    "quality_signed": {"quality": 50},
    "quality_zero": {"quality": 0},
    "related_40_entries": {"related_count": 40},
    "related_absent": {"related_count": 0},
    "time_blank_between": {"published_at": MORNING, "published_at_precision": "second"},
    "time_date_only": {"published_at": datetime(2023, 5, 4), "published_at_precision": "day"},
    "time_fraction": {"published_at": datetime(2023, 5, 4, 9, 30, 0, 250_000)},
    "time_leap_day": {"published_at": datetime(2024, 2, 29, 23, 59, 59)},
    "time_minutes": {"published_at": MORNING, "published_at_precision": "minute"},
    "time_offset": {"published_at": MORNING, "published_at_raw": "2023-05-04T11:30:00+02:00"},
    "time_without_zone": {"published_at": MORNING, "published_at_raw": "2023-05-04T09:30:00"},
    "topics_words": {"topic_count": 5},
    "video": {"media_type": "video", "web_url": None},
    "without_category": {"category": None},
}


def reason_of(stem: str) -> str:
    return stem.partition("__")[0]


def place_of(stem: str) -> Place:
    reason, _, what = stem.partition("__")
    return PLACE_OF_REASON[reason] if reason in PLACE_OF_REASON else PLACES[reason][what]


def findings_of(stem: str) -> list[tuple[str, int | None]]:
    rule = reason_of(stem)
    positions = POSITIONS.get(stem, [None if rule in OF_THE_DOCUMENT else 0])
    return [*((rule, position) for position in positions), *FURTHER.get(stem, [])]


def test_the_tables_name_documents_that_exist() -> None:
    listed = {f"{reason}__{what}" for reason, places in PLACES.items() for what in places}
    assert listed == {stem for stem in REJECTED if reason_of(stem) not in PLACE_OF_REASON}
    assert set(POSITIONS) | set(FURTHER) <= set(KEPT)
    assert {stem for stem, _ in [*KEPT_VALUES, *KEPT_UNKNOWN_KEYS]} <= set(KEPT)
    assert set(TITLES) | set(RIGHT_VALUES) <= set(RIGHT)


def test_every_reason_and_every_rule_has_a_document() -> None:
    made_below = {"unreadable", "dangling_symlink", "too_large"}
    assert {reason_of(stem) for stem in REJECTED} == set(REASONS) - made_below
    assert {reason_of(stem) for stem in KEPT} == set(SEVERITIES)


# The reader ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", [stem for stem in REJECTED if reason_of(stem) != "no_title_or_address"])
def test_rejected_by_the_reader(stem: str) -> None:
    with pytest.raises(Rejection) as caught:
        read_document((FOLDER / "rejected" / f"{stem}.txt").read_bytes(), Limits())
    assert (caught.value.reason, caught.value.line, caught.value.column) == (
        reason_of(stem),
        *(place_of(stem) or (None, None)),
    )
    assert caught.value.detail


@pytest.mark.parametrize("stem", KEPT)
def test_kept_by_the_reader(stem: str) -> None:
    assert read_document((FOLDER / "kept" / f"{stem}.txt").read_bytes(), Limits())


@pytest.mark.parametrize("stem", RIGHT)
def test_right_for_the_reader(stem: str) -> None:
    row = read_document((FOLDER / "right" / f"{stem}.txt").read_bytes(), Limits())
    assert row["title"] == TITLES.get(stem, row["title"])
    assert row["unknown_keys"] is None


# The build ----------------------------------------------------------------------------------------------------------

TEN_MEGABYTES = 10_000_000
LONG_TITLE = "A bridge 🌉 too far, said the town. " * 5_800

#: Documents made at test time, by path: names with blanks and letters of all kinds, any suffix, sizes at the limit.
MADE_RIGHT = (
    "UPPER CASE.TXT",
    "a name  with blanks .md",
    "at the limit.txt",
    "line\nbreak.txt",
    "linked.txt",
    "long title.txt",
    "name=value.html",
    "no suffix",
    "quotes'\".txt",
    "sub/README.txt",
    "sub/sub/deep.txt",
    "Überschrift Cafe\u0301 橋 🌉.markdown",
)
MADE_REJECTED = {"dangling.txt": "dangling_symlink", "loop.txt": "unreadable", "over the limit.txt": "too_large"}
#: Hidden files and folders, linked folders, companions without front matter.
MADE_PASSED_OVER = (".hidden.txt", ".hidden/", "LICENSE", "README.md", "linked_folder", "sub/readme")


def document(title: str, address: str) -> str:
    return f"""---
title: "{title}"
publishedDateTime: 2023-05-04T09:30:00Z
webUrl: https://example.net/made/{address}
type: article
published: true
provider: {{name: Example News, domain: example.net}}
---
"""


def padded(size: int, address: str) -> bytes:
    text = document(f"A document of {size} bytes", address).encode()
    return text + b"x" * (size - len(text))


def make_documents(folder: Path) -> None:
    (folder / "sub" / "sub").mkdir(parents=True)
    for number, path in enumerate(MADE_RIGHT):
        (folder / path).write_text(document(f"Made number {number}", str(number)), encoding="utf-8")
    (folder / "long title.txt").write_text(document(LONG_TITLE, "long-title"), encoding="utf-8")
    (folder / "at the limit.txt").write_bytes(padded(TEN_MEGABYTES, "at-the-limit"))
    (folder / "over the limit.txt").write_bytes(padded(TEN_MEGABYTES + 1, "over-the-limit"))
    (folder / "linked.txt").unlink()
    (folder / "linked.txt").symlink_to("sub/sub/deep.txt")
    (folder / "dangling.txt").symlink_to("nowhere.txt")
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / ".hidden.txt").write_text(document("Hidden", "hidden"))
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "inside.txt").write_text(document("Hidden", "hidden"))
    (folder / "linked_folder").symlink_to("sub")
    (folder / "README.md").write_text("# About this feed\n")
    (folder / "LICENSE").write_text("Do as you like.\n")
    (folder / "sub" / "readme").touch()


def broadsheet(*arguments: str | Path, warehouse: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline.terminal.cli", *map(str, arguments), "--warehouse", str(warehouse)],
        check=False,
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        timeout=60,
    )


class Built:
    """One warehouse of the sources `rejected`, `kept`, `right` and `made`; its tables as frames."""

    def __init__(self, folder: Path) -> None:
        self.sources = [folder / name for name in ("rejected", "kept", "right", "made")]
        self.warehouse = folder / "warehouse"
        self.table = cache(lambda name: pl.read_parquet(self.warehouse / "current" / f"{name}.parquet"))

    def document(self, source: str, path: str) -> dict[str, Any]:
        return self.table("documents").row(
            by_predicate=(pl.col("source_name") == source) & (pl.col("path") == path), named=True
        )

    def entry(self, stem: str, position: int) -> dict[str, Any]:
        """Row of a kept document's lead or related entry."""
        lead = self.document("kept", f"{stem}.txt")
        if position == 0:
            return lead
        is_entry = (pl.col("document_id") == lead["document_id"]) & (pl.col("position") == position)
        return self.table("related_links").row(by_predicate=is_entry, named=True)

    def findings(self, source: str, path: str) -> Counter[tuple[str, int | None]]:
        document_id = self.document(source, path)["document_id"]
        return Counter(self.table("findings").filter(document_id=document_id).select("rule", "position").rows())


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Built once, whatever the number of processes that run the tests."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "documents"
    result = Built(folder)
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(FOLDER, folder)
            make_documents(folder / "made")
            run = broadsheet("build", *result.sources, warehouse=result.warehouse)
            assert run.returncode == 0, run.stderr
            (folder / "done").touch()
    return result


def test_every_file_is_a_document_or_rejected(built: Built) -> None:
    counts = dict.fromkeys(("rejected", "kept", "right"), 0) | {"made": len(MADE_PASSED_OVER)}
    sources = {row["source_name"]: row for row in built.table("sources").rows(named=True)}
    assert {name: row["passed_over_count"] for name, row in sources.items()} == counts
    for name, documents, rejected in (
        ("rejected", 0, len(REJECTED)),
        ("kept", len(KEPT), 0),
        ("right", len(RIGHT), 0),
        ("made", len(MADE_RIGHT), len(MADE_REJECTED)),
    ):
        assert built.table("documents").filter(source_name=name).height == documents
        assert built.table("rejected_documents").filter(source_name=name).height == rejected
        assert sources[name]["file_count"] == documents + rejected


@pytest.mark.parametrize("stem", REJECTED)
def test_rejected(built: Built, stem: str) -> None:
    row = built.table("rejected_documents").row(
        by_predicate=(pl.col("source_name") == "rejected") & (pl.col("path") == f"{stem}.txt"), named=True
    )
    assert (row["reason"], row["line"], row["column"]) == (reason_of(stem), *(place_of(stem) or (None, None)))
    assert row["byte_count"] == (FOLDER / "rejected" / f"{stem}.txt").stat().st_size
    assert row["detail"]


@pytest.mark.parametrize("stem", KEPT)
def test_kept_with_exactly_its_findings(built: Built, stem: str) -> None:
    assert built.findings("kept", f"{stem}.txt") == Counter(findings_of(stem))


@pytest.mark.parametrize("stem", RIGHT)
def test_right_without_any_finding(built: Built, stem: str) -> None:
    assert built.findings("right", f"{stem}.txt") == Counter()


@pytest.mark.parametrize(("stem", "position"), KEPT_VALUES)
def test_what_is_kept(built: Built, stem: str, position: int) -> None:
    row = built.entry(stem, position)
    expected = KEPT_VALUES[stem, position]
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(("stem", "position"), KEPT_UNKNOWN_KEYS)
def test_unknown_keys_are_kept(built: Built, stem: str, position: int) -> None:
    assert json.loads(built.entry(stem, position)["unknown_keys"]) == KEPT_UNKNOWN_KEYS[stem, position]


@pytest.mark.parametrize("stem", TITLES)
def test_titles_are_text(built: Built, stem: str) -> None:
    assert built.document("right", f"{stem}.txt")["title"] == TITLES[stem]


@pytest.mark.parametrize("stem", RIGHT_VALUES)
def test_what_is_right(built: Built, stem: str) -> None:
    row = built.document("right", f"{stem}.txt")
    assert {name: row[name] for name in RIGHT_VALUES[stem]} == RIGHT_VALUES[stem]


def test_every_rule_has_its_severity(built: Built) -> None:
    rows = built.table("findings").select("rule", "severity").unique().rows()
    assert sorted(rows) == sorted(SEVERITIES.items())
    assert built.table("findings")["detail"].null_count() == 0


def test_every_related_entry_is_a_row(built: Built) -> None:
    entries = sum(
        len(read_document(file.read_bytes(), Limits()).get("related") or [])
        for name in ("kept", "right")
        for file in (FOLDER / name).iterdir()
    )
    assert built.table("related_links").height == entries == built.table("documents")["related_count"].sum()


def test_names_suffixes_and_sizes_do_not_matter(built: Built) -> None:
    assert set(built.table("documents").filter(source_name="made")["path"]) == set(MADE_RIGHT)
    assert not any(built.findings("made", path) for path in MADE_RIGHT)
    assert built.document("made", "at the limit.txt")["byte_count"] == TEN_MEGABYTES
    assert built.document("made", "long title.txt")["title"] == LONG_TITLE
    assert len(LONG_TITLE) > 200_000


def test_files_that_cannot_be_read_are_rejected(built: Built) -> None:
    rows = built.table("rejected_documents").filter(source_name="made")
    assert dict(rows.select("path", "reason").iter_rows()) == MADE_REJECTED
    assert "nowhere.txt" in rows.row(by_predicate=pl.col("path") == "dangling.txt", named=True)["detail"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_rejected(tmp_path: Path) -> None:
    source = made(tmp_path, {"a.txt": document("A", "a"), "locked.txt": document("B", "b")})
    (source / "locked.txt").chmod(0)
    assert outcomes(tmp_path, source) == {"a.txt": "document", "locked.txt": "unreadable"}


def test_a_pipe_is_rejected_and_not_waited_for(tmp_path: Path) -> None:
    source = made(tmp_path, {"a.txt": document("A", "a")})
    os.mkfifo(source / "pipe.txt")
    assert outcomes(tmp_path, source) == {"a.txt": "document", "pipe.txt": "unreadable"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_a_name_that_is_no_text_is_rejected(tmp_path: Path) -> None:
    source = made(tmp_path, {"a.txt": document("A", "a")})
    (source / os.fsdecode(b"caf\xe9.txt")).write_text(document("B", "b"))
    assert outcomes(tmp_path, source) == {"a.txt": "document", "caf\\xe9.txt": "unreadable"}


def test_limits_are_options(tmp_path: Path) -> None:
    deep = document("Deep", "deep").replace("type: article", "type: article\nmood: [[[a]]]")
    files = {"a.txt": document("A", "a"), "deep.txt": deep, "large.txt": document("B", "b") + "x" * 1000}
    source = made(tmp_path, files)
    assert outcomes(tmp_path, source) == dict.fromkeys(files, "document")
    assert outcomes(tmp_path, source, "--max-bytes", "1000", "--max-depth", "3") == {
        "a.txt": "document",
        "deep.txt": "too_deep",
        "large.txt": "too_large",
    }


def test_a_source_of_rejected_files_alone_is_built(tmp_path: Path) -> None:
    assert Counter(outcomes(tmp_path, FOLDER / "rejected").values()) == Counter(map(reason_of, REJECTED))


def test_strict_fails_when_files_were_rejected(built: Built) -> None:
    assert broadsheet("build", *built.sources, "--strict", warehouse=built.warehouse).returncode == 1


def test_strict_passes_when_none_was(tmp_path: Path) -> None:
    run = broadsheet("build", FOLDER / "kept", FOLDER / "right", "--strict", warehouse=tmp_path / "warehouse")
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(None, id="missing"),
        pytest.param({}, id="empty"),
        pytest.param({".hidden.txt": "a"}, id="hidden"),
        pytest.param({"README.md": "# About\n", "LICENSE": "Do as you like.\n"}, id="companions"),
    ],
)
def test_a_source_without_documents_changes_nothing(tmp_path: Path, files: dict[str, str] | None) -> None:
    warehouse = tmp_path / "warehouse"
    good = made(tmp_path / "good", {"a.txt": document("A", "a")})
    assert broadsheet("build", good, warehouse=warehouse).returncode == 0
    before = (warehouse / "current").readlink()

    source = tmp_path / "nowhere" if files is None else made(tmp_path / "bad", files)
    run = broadsheet("build", source, warehouse=warehouse)
    assert run.returncode == 2
    assert str(source) in run.stderr
    assert "Traceback" not in run.stderr
    assert (warehouse / "current").readlink() == before


def made(folder: Path, files: dict[str, str]) -> Path:
    """A new source with these files."""
    source = folder / "source"
    source.mkdir(parents=True)
    for name, text in files.items():
        (source / name).write_text(text, encoding="utf-8")
    return source


def outcomes(folder: Path, source: Path, *options: str) -> dict[str, str]:
    """What a build makes of each file: `document`, or the reason why it is rejected."""
    run = broadsheet("build", source, *options, warehouse=folder / "warehouse")
    assert run.returncode == 0, run.stderr
    current = folder / "warehouse" / "current"
    documents = pl.read_parquet(current / "documents.parquet").select("path", reason=pl.lit("document"))
    rejected = pl.read_parquet(current / "rejected_documents.parquet").select("path", "reason")
    return dict(pl.concat([documents, rejected]).sort("path").iter_rows())
