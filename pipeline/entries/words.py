"""The one normalization of every text that is compared or searched: titles, excerpts, names, topics.

The macro `normalized` takes what an analyst types through the same steps; a test holds the two against each other.
"""

from __future__ import annotations

import sys
import unicodedata
from html.entities import html5
from itertools import chain

import polars as pl

from pipeline.entries.identity import dropped_keys
from pipeline.entries.references import unescaped_text

#: Unicode's Default_Ignorable_Code_Point: soft hyphen, zero-width space and joiners, variation selectors, fillers.
IGNORABLE = (
    r"\x{00AD}\x{034F}\x{061C}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{200B}-\x{200F}\x{202A}-\x{202E}"
    r"\x{2060}-\x{206F}\x{3164}\x{FE00}-\x{FE0F}\x{FEFF}\x{FFA0}\x{FFF0}-\x{FFF8}\x{1BCA0}-\x{1BCA3}"
    r"\x{1D173}-\x{1D17A}\x{E0000}-\x{E0FFF}"
)
#: Scripts in which a joiner or non-joiner between letters is spelling.
JOINING = (
    r"\p{Arabic}\p{Syriac}\p{Mandaic}\p{Nko}\p{Mongolian}\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Oriya}"
    r"\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\x{064B}-\x{0655}\x{0670}"
)
#: Unicode's word characters (UTS 18): letters, marks, decimal digits, connector punctuation, join controls.
WORD = r"\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}\x{200C}\x{200D}"
#: Scripts written without blanks between words; the marks of length and repetition belong to several of them.
BLANKLESS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\x{30FC}\x{3006}"
#: ASCII, and what stands between words and stays so in every form: quotes, dashes, an ellipsis, a blank that holds.
_PLAIN = r"\x00-\x7F\x{A0}\x{2013}\x{2014}\x{2018}-\x{201F}\x{2026}"
#: Outside these, there are only ideographs and Hangul, whose letters have no case and no compatible forms.
_RANGES_WITH_FORMS = (range(0x3400), range(0xA000, 0xAC00), range(0xF900, 0x20000), range(0x2F800, 0x2FA20))


def normalized(texts: pl.Series) -> pl.Series:
    """Text unescaped, without what is not seen, NFKC, case-folded, its words joined by one blank.

    Null stays null; a text without a word gives an empty one.
    """
    values = texts.unique()
    unescaped = _map_where(values, "&[#A-Za-z]")
    # Most texts are ASCII with typographic quotes, dashes and blanks, where neither NFKC nor what is not seen matters.
    words = _joined_by_blanks(unescaped.str.to_lowercase(), "a-z0-9_")
    other = unescaped.str.contains(f"[^{_PLAIN}]").fill_null(False).arg_true()
    folded = [unicodedata.normalize("NFKC", text).casefold() for text in _visible(unescaped.gather(other))]
    other_words = _joined_by_blanks(pl.Series(folded, dtype=pl.String), WORD)
    done = words.scatter(other, other_words).str.strip_chars(" ")
    return texts.replace_strict(values, done, default=None, return_dtype=pl.String)


def folded_name(names: pl.Series) -> pl.Series:
    """Name reduced to its letters, marks and digits, for comparing names of providers."""
    return normalized(names).str.replace_all(r"[ \p{Pc}]+", "")


def words(normalized_texts: pl.Expr) -> pl.Expr:
    """Words of a normalized text as they are counted and compared. In scripts written without blanks each pair of
    neighboring characters, with their marks, is a word: `abcd` gives `ab`, `bc`, `cd`."""
    run, character = rf"((?:[{BLANKLESS}]\p{{M}}*)+)", rf"([{BLANKLESS}]\p{{M}}*)"
    pairs = (
        normalized_texts.str.replace_all(run, " \x01${1}\x01 ")
        .str.replace_all(character, "${1} ${1}")
        .str.replace_all(rf"\x01{character} ", "\x01")
        .str.replace_all(rf" {character}\x01", "")
        .str.replace_all(r"[\x01 ]+", " ")
        .str.strip_chars(" ")
    )
    text = pl.when(normalized_texts.str.contains(f"[{BLANKLESS}]")).then(pairs).otherwise(normalized_texts)
    return pl.when(text == "").then(pl.lit([], dtype=pl.List(pl.String))).otherwise(text.str.split(" "))


def text_forms() -> pl.DataFrame:
    """What `normalized` and `address_named` in SQL look up, since DuckDB knows neither HTML nor NFKC nor full case
    folding nor what does not identify a page; columns kind, written, meaning.

    * `name`: a reference by name and its characters; `number`: one by number that HTML takes for another character, or,
      with an empty meaning, for none.
    * `pattern`: what `IGNORABLE`, `JOINING` and `WORD` are here; `tracking`: pairs of a query that do not identify.
    * `compatible`: a character and its compatibility decomposition; `folded`: a character and its case folding.
    """
    rows = [("name", f"&{name}", meaning) for name, meaning in html5.items()]
    rows += [("pattern", "ignorable", IGNORABLE), ("pattern", "joining", JOINING), ("pattern", "word", WORD)]
    rows.append(("pattern", "tracking", dropped_keys()))
    for number in chain(*_RANGES_WITH_FORMS):
        character = chr(number)
        if unicodedata.decomposition(character):
            compatible = unicodedata.normalize("NFKD", character)
            if compatible != unicodedata.normalize("NFD", character):
                rows.append(("compatible", character, compatible))
        if (folded := character.casefold()) != character:
            rows.append(("folded", character, folded))
    noncharacters = (first + plane for plane in range(0, sys.maxunicode, 0x10000) for first in (0xFFFE, 0xFFFF))
    for number in (*range(1, 0xA0), *range(0xFDD0, 0xFDF0), *noncharacters):
        reference = f"&#{number};"
        if (meaning := unescaped_text(reference)) != chr(number):
            rows.append(("number", str(number), "" if meaning == reference else meaning))
    return pl.DataFrame(rows, schema=dict.fromkeys(("kind", "written", "meaning"), pl.String), orient="row")


def _joined_by_blanks(texts: pl.Series, word: str) -> pl.Series:
    """Texts with one blank for all that stands between characters of words. Most of it is one blank already, which is
    passed over: a quarter of the time."""
    return texts.str.replace_all(rf"[^{word}]{{2,}}|[^{word} ]", " ")


def _visible(texts: pl.Series) -> pl.Series:
    """Texts without characters that are not seen, but for joiners between letters of scripts that need them."""
    return (
        texts.str.replace_all(r"[\x01\x02]", " ")
        .str.replace_all(rf"([{JOINING}])\x{{200C}}", "${1}\x01")
        .str.replace_all(rf"([{JOINING}])\x{{200D}}", "${1}\x02")
        .str.replace_all(f"[{IGNORABLE}]", "")
        .str.replace_all(rf"\x01([{JOINING}])", "\u200c${1}")
        .str.replace_all(rf"\x02([{JOINING}])", "\u200d${1}")
        .str.replace_all(r"[\x01\x02]", "")
    )


def _map_where(texts: pl.Series, pattern: str) -> pl.Series:
    """Unescape the texts that match a pattern; all others stay as they are."""
    hits = texts.str.contains(pattern).fill_null(False).arg_true()
    return texts.clone().scatter(hits, pl.Series(map(unescaped_text, texts.gather(hits)), dtype=pl.String))
