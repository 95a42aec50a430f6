"""What identifies an article and a provider: pure functions of single values, applied to whole columns.

Null stays null. `_canonical` and `_host_form` are the definitions. Most addresses are plain; whole columns of those are
taken apart at once, and only the rest goes through the parser one by one, each distinct address once. A test holds the
two against each other.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

import polars as pl
import publicsuffixlist
from ada_url import URL, idna_to_ascii, idna_to_unicode

from pipeline import reference
from pipeline.entries.references import unescaped_address

#: What needs no parser: plain characters, and none of the hosts and segments with rules of their own.
_PLAIN = (
    r"^https?://(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}(?:/[A-Za-z0-9._~-]+)*/?"
    r"(?:\?[A-Za-z0-9._~=&-]*)?$"
)
_NOT_PLAIN = (
    r"/(?:amp|google-amp|\.\.?)(?:[/?]|$)|^https?://[^/?]*(?:xn--|youtu|google\.|ampproject\.org|bing-amp\.com)"
)

#: The usual address of a video.
_PLAIN_VIDEO = r"^https?://(?:www\.|m\.)?youtube\.com/watch\?v=([A-Za-z0-9_-]+)$"

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PORT_FOLLOWS = re.compile(r"[0-9]+(?:[/?#]|$)")
#: Quotes and brackets that texts put around an address.
_OPENING = "\"'`<«‹„‚“”‘’‛‟〈《「『【〝＂＇＜"
_CLOSING = "\"'`>»›“”‘’‛‟〉》」』】〞〟＂＇＞"
#: What shows nothing at the ends of an address or a time: white space, characters without width.
BLANKS = " \t\n\r\f\v\x00\u0085\u00a0\u00ad\u1680\u2028\u2029\u202f\u205f\u2060\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x2010))
)
#: No name below the root has a single letter, so that `n.a.` and `t.b.d.` are none. IP addresses end in a number.
_HOST = re.compile(r"(?:[a-z0-9_-]{1,63}\.)+(?:[a-z0-9_-]{2,63}|[0-9])")
_VARIANT = re.compile(r"(?:www[0-9]*|m|mobile|amp)\.(.+)")
_WRAPPED = (
    (re.compile(r"(?:.+\.)?cdn\.ampproject\.org"), re.compile(r"/[cvi]/(?:s/)?(.+)", re.IGNORECASE)),
    (re.compile(r"google\.[a-z.]+"), re.compile(r"/amp/(?:s/)?(.+)", re.IGNORECASE)),
    (re.compile(r"(?:.+\.)?bing-amp\.com"), re.compile(r"/c/(?:s/)?(.+)", re.IGNORECASE)),
)
#: RFC 3986: unreserved characters, and the delimiters that path, query and fragment may hold as they are.
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPED = re.compile(r"%(?:([0-9A-Fa-f]{2}))?|[^A-Za-z0-9._~!$&'()*+,;=:@/?-]")
_VIDEO = re.compile(r"/(?:embed|shorts|live|v)/([A-Za-z0-9_-]+)(?:[/&].*)?")
_SHORT_VIDEO = re.compile(r"/([A-Za-z0-9_-]+)(?:[/&].*)?")
_WATCHED = re.compile(r"v=([A-Za-z0-9_-]+)")
#: Hosts of one site -> the one that it is known by.
SAME_SITE = {"youtu.be": "youtube.com", "youtube-nocookie.com": "youtube.com"}
#: What stands in the place of a video's ID and tells by a key what it shows.
_VIDEO_LISTS = {"/embed/videoseries": "list=", "/embed/live_stream": "channel="}


def canonical_url(addresses: pl.Series) -> pl.Series:
    """What identifies a page: RFC 3986's normal form of its address without scheme, user, port, `www.`, AMP dressing
    and keys that do not identify. Null for text that is no address.

    A pure function of one address, and idempotent.
    """
    values = addresses.unique().drop_nulls()
    is_plain = values.str.contains(_PLAIN) & ~values.str.contains(_NOT_PLAIN)
    is_video = values.str.contains(_PLAIN_VIDEO)
    plain, videos, other = values.filter(is_plain), values.filter(is_video), values.filter(~is_plain & ~is_video)
    canonical = (
        _canonical_of_plain(plain),
        "youtube.com/watch?v=" + videos.str.extract(_PLAIN_VIDEO),
        pl.Series(map(_canonical, other), dtype=pl.String),
    )
    return addresses.replace_strict(
        pl.concat([plain, videos, other]), pl.concat(canonical), default=None, return_dtype=pl.String
    )


def is_relative(addresses: pl.Series) -> pl.Series:
    """Whether the text is a path without a host (`/news/1`), which its provider's host completes."""
    return addresses.str.strip_chars(_OPENING + BLANKS).str.contains(r"^/(?:[^/]|$)")


def is_quoted(addresses: pl.Series) -> pl.Series:
    """Whether quotes or angle brackets stand around the text."""
    openings = "".join(map(re.escape, _OPENING))
    return addresses.str.contains(rf"^\s*(?:[{openings}]|&(?:lt|quot|ldquo|lsquo|laquo);)")


def read_addresses(addresses: pl.Series, hosts: pl.Series) -> pl.DataFrame:
    """What addresses identify, and what is to be said of how they are written: canonical_url and rule
    (`unusable_address`, `relative_address`, `quoted_address`; null for most). A path without a host is completed by its
    provider's host, where one is known."""
    absolute = canonical_url(addresses)
    other = addresses.set(absolute.is_not_null(), None)
    path = other.set(~is_relative(other), None).str.strip_chars(_OPENING + _CLOSING + BLANKS)
    completed = canonical_url(hosts + path)
    is_usable = absolute.is_not_null() | completed.is_not_null()
    return pl.select(
        canonical_url=absolute.fill_null(completed),
        rule=pl.when(addresses.is_not_null() & ~is_usable)
        .then(pl.lit("unusable_address"))
        .when(completed.is_not_null())
        .then(pl.lit("relative_address"))
        .when(absolute.is_not_null() & is_quoted(addresses))
        .then(pl.lit("quoted_address")),
    )


def is_address(addresses: pl.Series, hosts: pl.Series) -> pl.Series:
    """Whether the text is an address, or a path that its provider's host completes; nearly all begin as one, and need
    no closer look."""
    begins = addresses.str.contains(r"^https?://(?:[A-Za-z0-9-]+\.)+[A-Za-z]").fill_null(False)
    return begins | read_addresses(addresses.set(begins, None), hosts)["canonical_url"].is_not_null()


def host_form(domains: pl.Series) -> pl.Series:
    """The one form of a host that is written as a domain, a host or a whole address. Null for text that names none."""
    values = domains.unique().drop_nulls()
    hosts = pl.Series([None if (url := _parsed(_bare(text))) is None else url[1] for text in values], dtype=pl.String)
    return domains.replace_strict(values, hosts.replace(SAME_SITE), default=None, return_dtype=pl.String)


def ascii_host(hosts: pl.Series) -> pl.Series:
    """Hosts in their one form as the DNS has them: punycode for Unicode."""
    values = hosts.unique().drop_nulls()
    forms = pl.Series([idna_to_ascii(host).decode() or host for host in values], dtype=pl.String)
    return hosts.replace_strict(values, forms, default=None, return_dtype=pl.String)


def _canonical_of_plain(addresses: pl.Series) -> pl.Series:
    keep = pl.element().filter((pl.element() != "") & ~pl.element().str.contains(dropped_keys()))
    parts = (
        pl.select(pl.lit(addresses).str.splitn("?", 2).struct.rename_fields(["place", "query"]))
        .to_series()
        .struct.unnest()
        .select(
            host=pl.col("place").str.extract("^https?://([^/]*)"),
            path=pl.col("place").str.replace("^https?://[^/]*", "").str.strip_suffix("/"),
            query=pl.col("query").str.split("&").list.eval(keep).list.sort().list.join("&"),
        )
    )
    hosts = parts["host"].unique()
    forms = pl.Series([_host_form(host) for host in hosts], dtype=pl.String)
    return parts.select(
        pl.concat_str(
            pl.col("host").replace_strict(hosts, forms, return_dtype=pl.String),
            "path",
            pl.when(pl.col("query") != "").then("?" + pl.col("query")).otherwise(pl.lit("")),
        )
    ).to_series()


def _canonical(address: str) -> str | None:
    """The steps once more until nothing changes: what one step uncovers may be another one's matter."""
    canonical = _one_pass(address)
    while canonical is not None and canonical != address:
        address, canonical = canonical, _one_pass(canonical)
    return canonical


def _one_pass(address: str) -> str | None:
    parsed = _parsed(_bare(address))
    if parsed is None:
        return None
    url, host = parsed
    path, search, fragment = url.pathname, url.search, url.hash
    for hosts, paths in _WRAPPED:
        if hosts.fullmatch(host) and (wrapped := paths.fullmatch(path)):
            inner = _one_pass(wrapped[1] + search + fragment)
            if inner is not None:
                return inner
    path = re.sub("/{2,}", "/", _normal(path))
    path = re.sub(r"(?:/(?:amp)?)+$", "", path)
    path = re.sub(r"^(?:/(?:google-)?amp(?=/))+", "", path)
    pairs = [_normal(pair.replace("+", "%20")) for pair in re.split("[?&]", search) if pair]
    if SAME_SITE.get(host, host) == "youtube.com":
        if (video := _video(host, path, pairs)) is not None:
            return f"youtube.com/watch?v={video}"
        if (key := _VIDEO_LISTS.get(path)) is not None:
            pairs = [pair for pair in pairs if pair.startswith(key)] or pairs
    query = "&".join(sorted(pair for pair in pairs if not _is_dropped(pair)))
    fragment = _normal(fragment) if fragment.startswith(("#!", "#/")) else ""
    return host + path + (f"?{query}" if query else "") + fragment


def _video(host: str, path: str, pairs: list[str]) -> str | None:
    """ID of the YouTube video that an address shows."""
    if host == "youtu.be":
        match = _SHORT_VIDEO.fullmatch(path)
    elif path == "/watch":
        match = next(filter(None, map(_WATCHED.fullmatch, pairs)), None)
    else:
        match = None if path in _VIDEO_LISTS else _VIDEO.fullmatch(path)
    return match[1] if match else None


def _bare(address: str) -> str:
    """Address without HTML references and without what stands around it."""
    bare = unescaped_address(address).strip(BLANKS)
    while bare.startswith(tuple(_OPENING)):
        bare = bare.lstrip(_OPENING).rstrip(_CLOSING).strip(BLANKS)
    return bare


def _parsed(address: str) -> tuple[URL, str] | None:
    """An address as browsers read it (WHATWG) and the one form of its host; None when it names no host."""
    if scheme := _SCHEME.match(address):
        if scheme[1].lower() not in ("http", "https"):
            if not _PORT_FOLLOWS.match(address, scheme.end()):
                return None
            address = "https://" + address
    elif address.startswith("//"):
        address = "https:" + address
    elif address.startswith(("/", "\\")) or "@" in re.split("[/?#]", address, maxsplit=1)[0]:
        return None
    else:
        address = "https://" + address
    try:
        url = URL(address)
    except ValueError:
        return None
    # Browsers take `1.5` for the address 1.0.0.5; here it is none.
    hostname = url.hostname
    if re.fullmatch("[0-9.]+", hostname) and hostname not in address:
        return None
    host = _host_form(hostname)
    return None if host is None else (url, host)


@lru_cache(maxsize=100_000)
def _host_form(host: str) -> str | None:
    """The one form of a host that the parser returned: no final dot, no name of a variant, Unicode for punycode."""
    if host.startswith("["):
        return host
    host = host.removesuffix(".")
    if not _HOST.fullmatch(host) or any(character in _CLOSING for character in idna_to_unicode(host)):
        return None
    while (variant := _VARIANT.fullmatch(host)) and not _is_public_suffix(variant[1]):
        host = variant[1]
    readable = idna_to_unicode(host)
    return readable if readable and idna_to_ascii(readable).decode() == host else host


def _is_public_suffix(host: str) -> bool:
    """Whether anybody can register names below this one, as below `com` and `co.uk`, so that it is nobody's own."""
    parent = host.partition(".")[2]
    suffixes = _public_suffixes()
    return not parent or host in suffixes or (f"*.{parent}" in suffixes and f"!{host}" not in suffixes)


@cache
def _public_suffixes() -> frozenset[str]:
    """Lines of the Public Suffix List that registries, not companies, answer for."""
    text = Path(publicsuffixlist.PSLFILE).read_text(encoding="utf-8").partition("===END ICANN DOMAINS===")[0]
    lines = [line for line in text.splitlines() if line and not line.startswith("//")]
    return frozenset([*lines, *(idna_to_ascii(line).decode() for line in lines if not line.isascii())])


def _normal(text: str) -> str:
    """Unreserved characters plain, all else that is no delimiter as upper-case UTF-8 escapes (RFC 3986, 6.2.2)."""
    return text[:1] + _ESCAPED.sub(_escape, text[1:]) if text[:1] == "#" else _ESCAPED.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    if match[1] is not None:
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else f"%{match[1].upper()}"
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def _is_dropped(pair: str) -> bool:
    return re.match(dropped_keys(), pair) is not None


@cache
def dropped_keys() -> str:
    """Pattern, whatever the case, of the pairs of a query that do not identify."""
    patterns = []
    for key in reference.tracking_keys()["key"]:
        pattern = re.escape(key).replace(r"\*", "[^=]*")
        patterns.append(pattern + ("$" if "=" in key else "(?:=|$)"))
    return "(?i)^(?:" + "|".join(patterns) + ")"
