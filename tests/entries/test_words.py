"""The one normalization of texts (`entries/words.py`): language by language, then by properties."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.entries.words import folded_name, normalized, words
from tests.helpers import oracle


def texts(*values: str | None) -> pl.Series:
    return pl.Series("text", values, dtype=pl.String)


def counted(text: str | None) -> list[str] | None:
    return normalized(texts(text)).to_frame("text").select(words(pl.col("text"))).to_series().to_list()[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A Bridge Opens", "a bridge opens"),
        ("  A\tbridge\n opens  ", "a bridge opens"),
        ("“A bridge” — opens…", "a bridge opens"),
        ("Rock &amp; Roll", "rock roll"),
        ("Rock &amp;amp;amp; Roll", "rock roll"),
        ("Rock &#38; Roll &#x26;#38; more", "rock roll more"),
        ("It&#8217;s here", "it s here"),
        ("Caf&eacute; opens", "café opens"),
        ("AT&T", "at t"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ΝΈΟΣ ΝΌΜΟΣ", "νέοσ νόμοσ"),
        ("Νέος νόμος", "νέοσ νόμοσ"),
        ("ﬁne ｆｕｌｌ Ⅷ ½", "fine full viii 1 2"),
        ("Cafe\u0301", "café"),
        ("iPhone 14 Pro_Max", "iphone 14 pro_max"),
        ("Ünïcode №5", "ünïcode no5"),
        ("Bridge 🌉 opens", "bridge opens"),
        ("x² + y²", "x2 y2"),
        # Vowel signs belong to the word.
        ("आज का देश", "आज का देश"),
        ("বাংলা সংবাদ", "বাংলা সংবাদ"),
        ("தமிழ் செய்தி", "தமிழ் செய்தி"),
        ("الْخَبَرُ الجديد", "الْخَبَرُ الجديد"),
        ("ข่าววันนี้", "ข่าววันนี้"),
        # What is not seen is not there, but for joiners where they are spelling.
        ("so\u00adft hy\u200bphen\ufeff", "soft hyphen"),
        ("a\u200db c\u200cd", "ab cd"),
        ("می\u200cشود", "می\u200cشود"),
        ("क\u094d\u200dष", "क\u094d\u200dष"),
        ("\u200cمی\u200c شود", "می شود"),
        ("❤\ufe0f ok", "ok"),
        ("東京都議会、駐車料金", "東京都議会 駐車料金"),
        ("ｶﾞｿﾘﾝ", "ガソリン"),
        ("二〇二四年", "二〇二四年"),
        ("&#" + "1" * 5000 + "; B", "1" * 5000 + " b"),
        ("&#xD800; &#0; &#x110000;", "xd800 0 x110000"),
        ("", ""),
        ("—", ""),
        (None, None),
    ],
)
def test_texts_are_unescaped_folded_words_joined_by_one_blank(text: str | None, expected: str | None) -> None:
    assert normalized(texts(text)).item() == expected
    assert normalized(texts("other", text, "öther", text)).to_list() == ["other", expected, "öther", expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a bridge opens", ["a", "bridge", "opens"]),
        ("駐車料金", ["駐車", "車料", "料金"]),
        ("駐車、料金", ["駐車", "料金"]),
        ("東", ["東"]),
        ("iPhone15を発売", ["iphone15", "を発", "発売"]),
        ("スーパー", ["スー", "ーパ", "パー"]),
        ("ข่าวที่", ["ข่า", "าว", "วที่"]),
        ("서울 시장", ["서울", "시장"]),
        ("आज का देश", ["आज", "का", "देश"]),
        ("…", []),
        (None, None),
    ],
)
def test_words_are_pairs_of_characters_where_a_script_has_no_blanks(
    text: str | None, expected: list[str] | None
) -> None:
    assert counted(text) == expected


SCRIPTS = st.text(
    st.one_of(
        st.sampled_from("abzAZßİſΣςσΐ한글日本語カナかなーไทยที่ລາວខ្មែရမြန်शब्दাংلعربيשלום19_ ²½ﬁ.,-—’&;#x3"),
        st.sampled_from("\u00ad\u200b\u200c\u200d\ufe0f\u0301\u094d\u064b\u3164\x01\x02\t"),
        st.characters(max_codepoint=0xFFFF, exclude_categories=["Cn", "Cs", "Co"]),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(st.lists(st.one_of(SCRIPTS, st.none()), max_size=8))
@example(["&amp;amp;lt;", "&notit;", "&#38;#38;"])
def test_texts_equal_the_rule_stated_in_plain_python(values: list[str | None]) -> None:
    shown = [None if value is None else value if value.strip() else value + "." for value in values]
    assert normalized(texts(*shown)).to_list() == [
        None if value is None else oracle.normalized(value) for value in shown
    ]


@settings(deadline=None)
@given(st.lists(SCRIPTS, max_size=8))
def test_a_normalized_text_in_other_punctuation_is_the_same_text(values: list[str]) -> None:
    once = normalized(texts(*values))
    noisy = texts(*(f"“{text.replace(' ', ' — ')}”!" for text in once))
    assert normalized(noisy).to_list() == once.to_list()


CHARACTERS = st.sampled_from(
    ["a", "b", "9", "é", " ", "日", "本", "カ", "ー", "が", "ไ", "ที่", "ມື້", "မြ", "ខ្", "한", "ש"]
)


@settings(deadline=None)
@given(st.lists(CHARACTERS, max_size=12).map("".join))
def test_words_equal_the_rule_stated_in_plain_python(text: str) -> None:
    assert counted(text) == oracle.words(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("The Daily News", "thedailynews"),
        ("the-daily_news!", "thedailynews"),
        ("Rock &amp; Roll", "rockroll"),
        ("Straße 7", "strasse7"),
        ("Новости", "новости"),
        ("आज तक", "आजतक"),
        ("新聞", "新聞"),
        ("!!!", ""),
        (None, None),
    ],
)
def test_names_fold_to_letters_marks_and_digits(name: str | None, expected: str | None) -> None:
    assert folded_name(texts(name)).item() == expected
