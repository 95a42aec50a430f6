"""What identifies an article, a title, a provider: pure functions of whole columns.

Each takes and returns a Polars Series of the same length; null stays null. The rules are those of
`docs/definitions.md`; they work on columns, and call Python only for the few distinct values that need it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import cache, wraps

import polars as pl

from pipeline import reference

_AMP_CACHE = r"(?i)^(?:[a-z][a-z0-9+.-]*:)?(?://)?(?:[^/?#]*\.)?cdn\.ampproject\.org(?::\d*)?/[cvi]/(?:s/)?([^?#].*)$"
_SCHEME = r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//"
_HOST_PREFIX = r"^(?:(?:www\d*|m|mobile|amp)\.)+([^.]+\..+)$"
_ENTITY = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
#: A decimal character reference; eight digits that count are out of Unicode's range whatever follows them.
_DECIMAL_REFERENCE = re.compile(r"&#0*([0-9]{1,8})[0-9]*")
#: Characters whose case folding Polars' lower-casing does not give; ASCII has none.
_FOLDS_SPECIALLY = r"[\p{Changes_When_Casefolded}\p{Changes_When_Lowercased}&&[^\x00-\x7F]]"


def _once_per_value(function: Callable[[pl.Series], pl.Series]) -> Callable[[pl.Series], pl.Series]:
    """The same function, called with the distinct values only: the members of a story list the same articles."""

    @wraps(function)
    def mapped(texts: pl.Series) -> pl.Series:
        values = texts.unique()
        return texts.replace_strict(values, function(values))

    return mapped


@_once_per_value
def canonical_url(urls: pl.Series) -> pl.Series:
    """Address without what does not identify: scheme, user, port, fragment, `www.`, AMP dressing, tracking keys.

    A pure function of one address and idempotent. Text that leaves nothing gives null.
    """
    text = _map_where(urls, r"&[#A-Za-z]", _unescape_address).str.strip_chars()
    text = text.str.replace(_AMP_CACHE, "${1}").str.replace(_SCHEME, "").str.replace(r"(?s)#.*$", "")
    written = pl.select(text.str.splitn("?", 2).struct.rename_fields(["place", "query"])).to_series().struct.unnest()
    host = written["place"].str.extract(r"^([^/]*)")
    parts = written.select(
        host=host.str.replace(r"^.*@", "")
        .str.replace(r":\d*$", "")
        .str.to_lowercase()
        .str.replace(_HOST_PREFIX, "${1}"),
        path=pl.col("place")
        .str.strip_prefix(pl.lit(host))
        .str.replace_all(r"/{2,}", "/")
        .str.replace(r"(?:/(?:amp)?)+$", ""),
        query=_identifying_query(written["query"]),
    )
    video = (
        pl.when(pl.col("host") == "youtu.be")
        .then(pl.col("path").str.extract(r"^/([^/]+)"))
        .when(pl.col("host").is_in(["youtube.com", "youtube-nocookie.com"]))
        .then(pl.col("path").str.extract(r"^/(?:embed|shorts|live|v)/([^/]+)"))
    )
    address = pl.concat_str(
        "host", "path", pl.when(pl.col("query") != "").then("?" + pl.col("query")).otherwise(pl.lit(""))
    )
    canonical = pl.when(video.is_not_null()).then("youtube.com/watch?v=" + video).otherwise(address)
    return parts.select(pl.when(canonical != "").then(canonical).alias(urls.name)).to_series()


@_once_per_value
def normalized_title(titles: pl.Series) -> pl.Series:
    """Title with HTML unescaped, NFKC, case-folded, its words (letters, digits, underscores) joined by one blank."""
    text = _map_where(titles, "&", unescaped)
    # Most titles are ASCII, where NFKC changes nothing and a word is simpler to see: a third of the time.
    words = text.str.to_lowercase().str.replace_all(r"[^a-z0-9_]+", " ")
    other = text.str.contains(r"[^\x00-\x7F]").fill_null(False).arg_true()
    folded = _casefold(text.gather(other).str.normalize("NFKC"))
    words = words.scatter(other, folded.str.replace_all(r"[^\p{L}\p{N}_]+", " "))
    return words.str.strip_chars(" ").alias(titles.name)


def folded_name(names: pl.Series) -> pl.Series:
    """Name case-folded and reduced to letters and digits, for comparing names of providers."""
    return _casefold(_map_where(names, "&", unescaped)).str.replace_all(r"[^\p{L}\p{N}]+", "").alias(names.name)


def unescaped(text: str) -> str:
    """Text with its HTML character references resolved, as browsers do it; one out of Unicode's range is U+FFFD.

    Python refuses to make a number of more than 4,300 decimal digits (it would take quadratic time), so `html.unescape`
    gets the first eight that count, which tell as much.
    """
    return html.unescape(_DECIMAL_REFERENCE.sub(r"&#\1", text))


def provider_domain(domains: pl.Series) -> pl.Series:
    """Domain in lower case without a leading `www.`; null when nothing is left."""
    domain = domains.str.strip_chars().str.to_lowercase().str.strip_prefix("www.")
    return domain.set(domain == "", None)


def _identifying_query(queries: pl.Series) -> pl.Series:
    """Query without tracking keys, the rest sorted; empty text where nothing is left or nothing was."""
    keep = pl.element().filter((pl.element() != "") & ~pl.element().str.contains(_tracking_pattern()))
    return pl.select(queries.fill_null("").str.split("&").list.eval(keep).list.sort().list.join("&")).to_series()


@cache
def _tracking_pattern() -> str:
    keys = reference.tracking_keys()["key"]
    return "^(?:" + "|".join(re.escape(key).replace(r"\*", "[^=]*") for key in keys) + ")(?:=|$)"


def _casefold(texts: pl.Series) -> pl.Series:
    special = texts.str.contains(_FOLDS_SPECIALLY)
    lowered = texts.str.to_lowercase()
    if not special.any():
        return lowered
    return pl.select(
        pl.when(special).then(_map_where(texts, _FOLDS_SPECIALLY, str.casefold)).otherwise(lowered)
    ).to_series()


def _unescape_address(text: str) -> str:
    """Unescape entities that end in a semicolon: `&section=2` is a query key, not a section sign."""
    return _ENTITY.sub(lambda match: unescaped(match[0]), text)


def _map_where(texts: pl.Series, pattern: str, function: Callable[[str], str]) -> pl.Series:
    """Apply a Python function to the distinct values that match a pattern; all others stay as they are."""
    hits = texts.filter(texts.str.contains(pattern)).unique()
    if hits.is_empty():
        return texts
    return texts.replace(hits, pl.Series([function(value) for value in hits], dtype=pl.String))
