"""Keys (`pipeline/entries/keys.py`) against XXH3 of another library. They are in published files: they never change."""

from __future__ import annotations

import polars as pl
import pytest
import xxhash
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.entries.keys import key


def keys(kind: str, *natural_keys: str | None) -> list[int | None]:
    column = pl.Series("natural_key", natural_keys, dtype=pl.String)
    found = column.to_frame().select(key(kind, pl.col("natural_key"))).to_series()
    assert found.dtype == pl.Int64
    return found.to_list()


def by_xxhash(kind: str, natural_key: str) -> int:
    return xxhash.xxh3_64_intdigest(f"{kind}|{natural_key}".encode()) >> 1


@pytest.mark.parametrize(
    ("kind", "natural_key", "expected"),
    [
        ("article", "example.com/a", 729466050637395326),
        ("document", "seeds/000_de3036c02a3d7cfd.txt", 7639697997518997945),
        ("provider", "", 9079876608826371016),
        ("topic", "Sécurité 東京 🌉", 7226918823076754706),
    ],
)
def test_keys_stay_what_they_are(kind: str, natural_key: str, expected: int) -> None:
    assert keys(kind, natural_key) == [expected]


# XXH3 hashes short, middle and long texts in different ways; the lengths meet each of them.
LENGTHS = (0, 1, 2, 3, 4, 8, 9, 16, 17, 64, 128, 129, 240, 241, 512, 1024, 1025, 5000)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("character", ["a", "é", "東", "🌉", "\x00"])
def test_keys_of_texts_of_every_length_are_half_of_xxh3(length: int, character: str) -> None:
    text = character * length
    assert keys("article", text) == [by_xxhash("article", text)]


@settings(deadline=None)
@given(st.sampled_from(["article", "document", "é"]), st.lists(st.text(), max_size=20))
@example("article", ["a|b", "|", "\n", "\x00"])
def test_a_column_of_any_text_gives_the_keys_of_each(kind: str, texts: list[str]) -> None:
    assert keys(kind, *texts) == [by_xxhash(kind, text) for text in texts]


def test_null_stays_null_and_empty_text_has_a_key() -> None:
    empty = by_xxhash("provider", "")
    assert keys("provider", None, "", None, "a") == [None, empty, None, by_xxhash("provider", "a")]
    assert keys("provider", None) == [None]
    assert keys("provider") == []


def test_keys_are_positive() -> None:
    # Half of all hashes have the highest bit set, which a signed integer would show as negative.
    texts = [str(number) for number in range(1000)]
    assert any(xxhash.xxh3_64_intdigest(f"article|{text}".encode()) >= 1 << 63 for text in texts)
    assert min(number for number in keys("article", *texts) if number is not None) >= 0


def test_the_kind_is_part_of_the_key() -> None:
    assert keys("article", "a") != keys("topic", "a")


def test_keys_of_parts_put_together_are_those_of_the_whole_text() -> None:
    frame = pl.DataFrame({"source_name": ["feed", None], "path": ["a/b.txt", "c.txt"]})
    found = frame.select(key("document", pl.concat_str("source_name", pl.lit("/"), "path"))).to_series()
    assert found.to_list() == [by_xxhash("document", "feed/a/b.txt"), None]


def test_a_hundred_thousand_addresses_have_different_keys() -> None:
    addresses = pl.select(text=pl.format("example.com/{}", pl.int_range(100_000)))
    assert addresses.select(key("article", pl.col("text"))).to_series().n_unique() == 100_000
