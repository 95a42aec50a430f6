"""What identifies an article and a provider (`entries/identity.py`): rule by rule, then by properties."""

from __future__ import annotations

import os
from random import Random

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.entries.identity import canonical_url, host_form, is_quoted, is_relative
from tests.helpers import oracle


def texts(*values: str | None) -> pl.Series:
    return pl.Series("text", values, dtype=pl.String)


def canonical(url: str | None) -> str | None:
    return canonical_url(texts(url)).item()


# Addresses, rule by rule ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/?a=1&amp;b=2", "example.com?a=1&b=2"),
        ("https://example.com/?a=1&#38;b=2", "example.com?a=1&b=2"),
        ("https://example.com/?a=1&#x26;b=2", "example.com?a=1&b=2"),
        ("https:&#x2F;&#x2f;example.com/a", "example.com/a"),
        ("https://example.com/caf&eacute;", "example.com/caf%C3%A9"),
        ("https://example.com/a&#35;top", "example.com/a"),
        ("https://example.com/?a=1&amp;utm_source=x", "example.com?a=1"),
        ("https://example.com/a&nbsp;", "example.com/a"),
    ],
)
def test_html_entities_are_unescaped(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    "query", ["copy=1&section=2", "a=1&reg=eu", "a=1&times=3", "a=1&unknown;=2", "a=1&lt", "a=1&para=2"]
)
def test_a_query_key_that_begins_like_an_entity_is_a_key(query: str) -> None:
    assert canonical(f"https://example.com/?{query}") == f"example.com?{query}"


@pytest.mark.parametrize(
    "url", [" https://example.com/a ", "\thttps://example.com/a\n", "\u00a0https://example.com/a\u3000"]
)
def test_blanks_around_it_are_trimmed(url: str) -> None:
    assert canonical(url) == "example.com/a"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www-example-com.cdn.ampproject.org/c/s/www.example.com/news/a", "example.com/news/a"),
        (
            "https://www-example-com.cdn.ampproject.org/v/s/www.example.com/news/a.amp.html",
            "example.com/news/a.amp.html",
        ),
        ("https://www-example-com.cdn.ampproject.org/i/s/www.example.com/a.jpg", "example.com/a.jpg"),
        ("https://www-example-com.cdn.ampproject.org/c/www.example.com/news/a/amp", "example.com/news/a"),
        ("https://cdn.ampproject.org/c/s/example.com/a", "example.com/a"),
        ("HTTPS://Example-com.CDN.AmpProject.org/C/S/Example.com/Case", "example.com/Case"),
        ("//example-com.cdn.ampproject.org:443/c/s/example.com/a", "example.com/a"),
        ("example-com.cdn.ampproject.org/c/s/m.example.com:8080/a?usqp=mq331&id=7#page", "example.com/a?id=7"),
        # The host of the cache is an encoding that loses hyphens and case; the address is in the path.
        ("https://other-host-com.cdn.ampproject.org/c/s/example.com/a", "example.com/a"),
    ],
)
def test_addresses_of_the_amp_cache_are_unwrapped_from_the_path(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://cdn.ampproject.org/v0.js", "cdn.ampproject.org/v0.js"),
        ("https://cdn.ampproject.org/rtv/s/example.com/a", "cdn.ampproject.org/rtv/s/example.com/a"),
        ("https://notcdn.ampproject.org/c/s/example.com", "notcdn.ampproject.org/c/s/example.com"),
        ("https://example.com/cdn.ampproject.org/c/s/a.com", "example.com/cdn.ampproject.org/c/s/a.com"),
        ("https://example.com/?u=x.cdn.ampproject.org/c/s/a.com", "example.com?u=x.cdn.ampproject.org/c/s/a.com"),
        ("https://cdn.ampproject.org.example.com/c/s/a.com", "cdn.ampproject.org.example.com/c/s/a.com"),
    ],
)
def test_what_only_looks_like_the_amp_cache_stays(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a",
        "http://example.com/a",
        "HTTP://example.com/a",
        "//example.com/a",
        "example.com/a",
        "https://reader@example.com/a",
        "https://reader:secret@example.com/a",
        "https://reader:p@ss@example.com/a",
        "https://example.com:443/a",
        "https://example.com:/a",
        "https://reader@example.com:8443/a",
        "https://example.com/a#",
        "https://example.com/a#top",
        "https://example.com/a#top?b=1",
        "https://example.com/a#one#two",
        "https://example.com/a?#top",
    ],
)
def test_scheme_user_port_and_fragment_are_dropped(url: str) -> None:
    assert canonical(url) == "example.com/a"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/a:80", "example.com/a:80"),
        ("https://example.com/@writer/a", "example.com/@writer/a"),
        ("https://example.com/?u=me@b.com", "example.com?u=me@b.com"),
        ("https://example.com/a?u=https://b.com/c", "example.com/a?u=https://b.com/c"),
    ],
)
def test_an_at_sign_a_colon_or_a_scheme_after_the_host_stays(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("Example.COM", "example.com"),
        ("www.example.com", "example.com"),
        ("WWW.example.com", "example.com"),
        ("www2.example.com", "example.com"),
        ("www12.example.com", "example.com"),
        ("m.example.com", "example.com"),
        ("mobile.example.com", "example.com"),
        ("amp.example.com", "example.com"),
        ("www.m.example.com", "example.com"),
        ("amp.www.example.com", "example.com"),
        ("news.example.com", "news.example.com"),
        ("m.news.example.com", "news.example.com"),
        ("news.m.example.com", "news.m.example.com"),
        ("wwwx.example.com", "wwwx.example.com"),
        ("www-1.example.com", "www-1.example.com"),
        ("mm.example.com", "mm.example.com"),
        ("mobiles.example.com", "mobiles.example.com"),
        ("amp2.example.com", "amp2.example.com"),
        ("amp-example.com", "amp-example.com"),
    ],
)
def test_hosts_are_lowered_and_lose_the_prefix_of_a_variant(host: str, expected: str) -> None:
    assert canonical(f"https://{host}/a") == f"{expected}/a"


@pytest.mark.parametrize(
    "host", ["m.com", "www.com", "mobile.de", "amp.dev", "www2.com", "m.co.uk", "amp.com.au", "mobile.co.jp"]
)
def test_a_prefix_that_is_the_registered_name_stays(host: str) -> None:
    assert canonical(f"https://{host}/a") == f"{host}/a"
    assert canonical(f"https://www.{host}/a") == f"{host}/a"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/News/A-Title", "/News/A-Title"),
        ("//news//a", "/news/a"),
        ("/news///a//", "/news/a"),
        ("/", ""),
        ("", ""),
        ("/news/", "/news"),
        ("/news/a/amp", "/news/a"),
        ("/news/a/amp/", "/news/a"),
        ("/news/a//amp//", "/news/a"),
        ("/news/a/amp/amp", "/news/a"),
        ("/amp", ""),
        ("/amp/news/a", "/news/a"),
        ("/google-amp/news/a", "/news/a"),
        ("/amp/google-amp/a/amp", "/a"),
        ("/google-amp", "/google-amp"),
        ("/news/amp/a", "/news/amp/a"),
        ("/news/lamp", "/news/lamp"),
        ("/news/amp.html", "/news/amp.html"),
        ("/news/a-amp", "/news/a-amp"),
        ("/news/ampere", "/news/ampere"),
        ("/a%2Fb%20c", "/a%2Fb%20c"),
        ("/./a/../b", "/b"),
        ("/a/%2e%2E/b/%2e", "/b"),
        ("/a//../b", "/a/b"),
        ("/../../b", "/b"),
    ],
)
def test_paths_keep_their_case_and_lose_slashes_and_amp(path: str, expected: str) -> None:
    assert canonical(f"https://example.com{path}") == f"example.com{expected}"
    assert canonical(f"https://example.com{path}?id=1") == f"example.com{expected}?id=1"


TRACKING_KEYS = (
    *("utm_source", "utm_medium", "utm_campaign", "utm_", "elq", "elqTrackId", "elqaid", "fbclid", "gclid", "dclid"),
    *("msclkid", "igshid", "mc_cid", "mc_eid", "_mc", "mkt_tok", "ocid", "cvid", "ncid", "ito", "ico", "cmpscreen"),
    *("cmpid", "guccounter", "guce_referrer", "guce_referrer_sig", "ref_src", "usqp", "amp", "_hsenc", "_hsmi", "spm"),
    "smid",
)


@pytest.mark.parametrize("key", TRACKING_KEYS)
def test_tracking_keys_are_dropped(key: str) -> None:
    for query in (key, f"{key}=", f"{key}=x", f"{key}=x=y", f"{key}=1&{key}=2"):
        assert canonical(f"https://example.com/a?{query}") == "example.com/a"
        assert canonical(f"https://example.com/a?b=1&{query}&c=2") == "example.com/a?b=1&c=2"


@pytest.mark.parametrize("key", TRACKING_KEYS)
def test_a_key_or_value_that_only_holds_a_tracking_key_stays(key: str) -> None:
    for query in (f"x{key}=1", f"x={key}", f"x=1%3F{key}=2"):
        assert canonical(f"https://example.com/a?{query}") == f"example.com/a?{query}"


@pytest.mark.parametrize("key", [key for key in TRACKING_KEYS if not key.startswith(("utm_", "elq"))])
def test_a_longer_key_than_a_tracking_key_stays(key: str) -> None:
    assert canonical(f"https://example.com/a?{key}s=1") == f"example.com/a?{key}s=1"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ""),
        ("&", ""),
        ("b=2&a=1", "?a=1&b=2"),
        ("a=2&a=1", "?a=1&a=2"),
        ("a=1&a=1", "?a=1&a=1"),
        ("&&a=1&&", "?a=1"),
        ("story", "?story"),
        ("B=1&a=2", "?B=1&a=2"),
        ("id=A%2Fb", "?id=A%2Fb"),
        ("id=a/b/", "?id=a/b/"),
        ("id=a//amp", "?id=a//amp"),
        ("a=1?b=2", "?a=1&b=2"),
        ("a=1?utm_source=x&b=2?", "?a=1&b=2"),
        ("a=1%3Fb=2", "?a=1%3Fb=2"),
        ("é=1&z=2", "?%C3%A9=1&z=2"),
        ("a=b+c%20d&e=%2B", "?a=b%20c%20d&e=%2B"),
        ("outputType=html", "?outputType=html"),
        ("outputType=ampere", "?outputType=ampere"),
    ],
)
def test_every_other_key_is_kept_and_they_are_sorted(query: str, expected: str) -> None:
    assert canonical(f"https://example.com/a?{query}") == f"example.com/a{expected}"


@pytest.mark.parametrize(
    "url",
    [
        "https://youtu.be/Ab-3_xYz",
        "https://youtu.be/Ab-3_xYz/",
        "https://youtu.be/Ab-3_xYz?t=30",
        "https://www.youtu.be/Ab-3_xYz",
        "https://www.youtube.com/embed/Ab-3_xYz",
        "https://www.youtube.com/embed/Ab-3_xYz?autoplay=1",
        "https://www.youtube-nocookie.com/embed/Ab-3_xYz",
        "https://youtube.com/shorts/Ab-3_xYz?feature=share",
        "https://m.youtube.com/live/Ab-3_xYz",
        "http://youtube.com/v/Ab-3_xYz#t=1",
        "https://youtube.com//v//Ab-3_xYz",
        "https://www.youtube.com/watch?v=Ab-3_xYz",
        "https://m.youtube.com/watch/?v=Ab-3_xYz&utm_source=x",
        "https://www.youtube.com/watch?list=PL2&v=Ab-3_xYz&t=95s#t=95",
        "https://www.youtube.com/watch?app=desktop&amp;v=Ab-3_xYz&amp;si=Q",
        "https://www.youtube.com/v/Ab-3_xYz&hl=en",
    ],
)
def test_all_addresses_of_a_video_are_one(url: str) -> None:
    assert canonical(url) == "youtube.com/watch?v=Ab-3_xYz"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://youtu.be/", "youtu.be"),
        ("https://www.youtube.com/channel/UC1", "youtube.com/channel/UC1"),
        ("https://www.youtube.com/embed", "youtube.com/embed"),
        ("https://www.youtube.com/live", "youtube.com/live"),
        ("https://www.youtube.com/vlog/1", "youtube.com/vlog/1"),
        ("https://www.youtube.com/c/embed/1", "youtube.com/c/embed/1"),
        ("https://music.youtube.com/embed/1", "music.youtube.com/embed/1"),
        ("https://notyoutu.be/1", "notyoutu.be/1"),
        ("https://example.com/embed/1", "example.com/embed/1"),
        ("https://www.youtube.com/watch?list=2", "youtube.com/watch?list=2"),
        ("https://www.youtube.com/embed/videoseries?list=PL2&index=3", "youtube.com/embed/videoseries?list=PL2"),
        (
            "https://www.youtube.com/embed/live_stream?autoplay=1&channel=UC2",
            "youtube.com/embed/live_stream?channel=UC2",
        ),
    ],
)
def test_what_is_no_video_address_stays(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://WWW.MÜNCHEN.de/Über", "münchen.de/%C3%9Cber"),
        ("https://xn--mnchen-3ya.de/a", "münchen.de/a"),
        ("https://www.xn--mnchen-3ya.de./a", "münchen.de/a"),
        ("https://ＭÜＮＣＨＥＮ．de/a", "münchen.de/a"),
        ("https://例え.jp/ニュース?題=1", "例え.jp/%E3%83%8B%E3%83%A5%E3%83%BC%E3%82%B9?%E9%A1%8C=1"),
        ("https://example.com/🌉/", "example.com/%F0%9F%8C%89"),
        ("https://example.com/caf%e9", "example.com/caf%E9"),
        # An accent as its own character is not the accented one: paths have no normal form in Unicode.
        ("https://example.com/cafe\u0301", "example.com/cafe%CC%81"),
    ],
)
def test_addresses_outside_ascii(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    "url",
    [None, "", " ", "\n", "#", "#top", "?", "?utm_source=x", "//", "https://", "/", "/amp", "@", ":"],
)
def test_what_leaves_nothing_is_null(url: str | None) -> None:
    assert canonical(url) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "undefined",
            "N/A",
            "None",
            "no address yet",
            "Just A Title",
            "localhost/a",
            "javascript:void(0)",
            "about:blank",
        ),
        *("mailto:editor@example.com", "editor@example.com", "ftp://example.com/a", "tel:+49301234", "?id=1", "%%%"),
        *("/news/1", "news/1", "../a", "1.5", "10.2", "https://1.5/a", "https://example..com", "https://.com", "a\nb"),
        *(
            "https://exa mple.com",
            "https://example.com:99999/a",
            "https://example.com:80:80/a",
            "&#" + "1" * 5000 + ";",
        ),
        *("https://", "h", "недоступно", "不明", "{{ url }}", "null"),
    ],
)
def test_what_names_no_host_is_no_address(text: str) -> None:
    assert canonical(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://[::1]:8080/a", "[::1]/a"),
        ("https://192.168.0.1/a", "192.168.0.1/a"),
        ("example.com", "example.com"),
        ("example.com:8080/a", "example.com/a"),
        ("https://user_name.example.com/a", "user_name.example.com/a"),
    ],
)
def test_other_addresses(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "“https://example.com/park”",
            "„https://example.com/park“",
            "«https://example.com/park»",
            "<https://example.com/park>",
        ),
        *(
            "‘example.com/park’",
            "'https://example.com/park'",
            '"https://example.com/park"',
            "「https://example.com/park」",
        ),
        *("&lt;https://example.com/park&gt;", " “ https://example.com/park ” ", "<“https://example.com/park”>"),
    ],
)
def test_quotes_and_angle_brackets_around_an_address_are_dropped(text: str) -> None:
    assert canonical(text) == "example.com/park"
    assert is_quoted(texts(text)).item()


def test_what_is_quoted_inside_an_address_stays() -> None:
    assert canonical("https://example.com/say-“hi”-to") == "example.com/say-%E2%80%9Chi%E2%80%9D-to"
    assert not is_quoted(texts("https://example.com/“hi”")).item()


@pytest.mark.parametrize(
    ("text", "expected"), [("/news/1", True), (" “/news/1”", True), ("//a.example", False), ("a/b", False)]
)
def test_a_path_without_a_host_is_relative(text: str, expected: bool) -> None:
    assert is_relative(texts(text)).item() is expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("lib.example/caf%c3%a9", "lib.example/café"),
        ("lib.example/reading%2droom%7E", "lib.example/reading-room~"),
        ("lib.example/a?b=1&amp;amp;c=2", "lib.example/a?c=2&b=1"),
        ("lib.example/a?view=a+b", "lib.example/a?view=a%20b"),
        ("lib.example./a", "lib.example/a"),
        ("lib.example/a?UTM_Source=x&FBCLID=1&At_Medium=rss&OUTPUTTYPE=AMP", "lib.example/a"),
        ("www.google.co.jp/amp/s/lib.example/a", "lib.example/a"),
        ("lib-example.cdn.ampproject.org/v/s/www.google.com/amp/s/amp.lib.example/a", "lib.example/a"),
        ("bing-amp.com/c/lib.example/a", "lib.example/a"),
        ("www.bing-amp.com/c/s/lib.example/a?x=1", "lib.example/a?x=1"),
    ],
)
def test_spellings_of_one_address(one: str, other: str) -> None:
    assert canonical(f"https://{one}") == canonical(f"https://{other}") is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("app.example/#!/article/101", "app.example/#!/article/102"),
        ("app.example/#/settings", "app.example/#/loans"),
        ("app.example/a%2Fb", "app.example/a/b"),
        ("app.example/a?b=c%26d", "app.example/a?b=c&d"),
        ("app.example/a?b=c%2Bd", "app.example/a?b=c+d"),
        ("app.example/a%3Fb=1", "app.example/a?b=1"),
        ("app.example/a%23b", "app.example/a"),
        ("app.example/Case", "app.example/case"),
        ("youtube.com/embed/videoseries?list=PL1", "youtube.com/embed/videoseries?list=PL2"),
        ("youtube.com/embed/live_stream?channel=UC1", "youtube.com/embed/live_stream?channel=UC2"),
        ("google.com/amp/s/a.example/1", "google.com/amp/s/a.example/2"),
        ("amp.com.au/a", "m.com.au/a"),
    ],
)
def test_different_pages_stay_different(one: str, other: str) -> None:
    assert canonical(f"https://{one}") != canonical(f"https://{other}")


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("cnet.com", "cnet.com"),
        (" WWW.CNet.com ", "cnet.com"),
        ("www2.cnet.com", "cnet.com"),
        ("m.cnet.com", "cnet.com"),
        ("news.cnet.com", "news.cnet.com"),
        ("cnet.com.", "cnet.com"),
        ("cnet.com:443", "cnet.com"),
        ("https://www.cnet.com/about/?a=b", "cnet.com"),
        ("cnet.com?utm_source=x", "cnet.com"),
        ("MÜNCHEN.de", "münchen.de"),
        ("www.xn--mnchen-3ya.de.", "münchen.de"),
        ("xn--80aswg.xn--p1ai", "сайт.рф"),
        ("www.co.uk", "www.co.uk"),
        ("youtu.be", "youtube.com"),
        ("https://youtu.be/Ab-3_xYz", "youtube.com"),
        ("www.youtube-nocookie.com", "youtube.com"),
        ("music.youtube.com", "music.youtube.com"),
        ("", None),
        ("  ", None),
        ("www.", None),
        ("undefined", None),
        ("Daily News", None),
        (None, None),
    ],
)
def test_domains_have_one_form(domain: str | None, expected: str | None) -> None:
    assert host_form(texts(domain)).item() == expected


def test_a_column_keeps_its_length_order_name_and_nulls() -> None:
    urls = texts("https://b.com/", None, "https://www.a.com", "", "http://b.com")
    assert canonical_url(urls).to_list() == ["b.com", None, "a.com", None, "b.com"]
    assert canonical_url(urls).name == urls.name
    assert canonical_url(texts()).to_list() == []
    assert canonical_url(texts(None, None)).to_list() == [None, None]


# Addresses, by properties --------------------------------------------------------------------------------------------

SEGMENTS = st.one_of(
    st.sampled_from(["news", "News", "amp", "a.html", "embed", "shorts", "v", "live", "watch", "Ab-3_x", "c", "s"]),
    st.text(st.sampled_from("abzABZ019-_.~%,()'*!=@é日🌉ßİ:+$"), min_size=1, max_size=8),
)
#: A segment `amp` at the beginning says how a page is shown, not which; dots alone say where to go from there.
IDENTIFYING = st.lists(SEGMENTS.filter(lambda segment: segment not in (".", "..")), max_size=3).filter(
    lambda segments: segments[:1] != ["amp"]
)
HOSTS = st.builds(
    lambda prefixes, name: "".join(prefixes) + name,
    st.lists(st.sampled_from(["www.", "www2.", "WWW.", "m.", "mobile.", "amp."]), max_size=2),
    st.sampled_from(
        [
            "example.com",
            "Example.CO.uk",
            "m.com",
            "amp.dev",
            "youtube.com",
            "youtu.be",
            "msn.com",
            "Straße.de",
            "例え.jp",
        ]
    ),
)
PATHS = st.builds(
    lambda segments, end: "".join(segments) + end,
    st.lists(st.builds(str.__add__, st.sampled_from(["/", "/", "//"]), SEGMENTS), max_size=4),
    st.sampled_from(["", "/", "/amp", "/amp/", "//"]),
).map(lambda path: path if not path.startswith("//") else path[1:])
PAIRS = st.builds(
    str.__add__,
    st.sampled_from([*TRACKING_KEYS, "id", "ID", "v", "page", "ampere", "é", "xutm_source"]),
    st.one_of(st.just(""), st.text(st.sampled_from("abAB01%=/:@?é日."), max_size=6).map("=".__add__)),
)
QUERIES = st.builds(str.join, st.sampled_from(["&", "&amp;", "&&"]), st.lists(PAIRS, max_size=4))
ADDRESSES = st.builds(lambda host, path, query: host + path + ("?" + query if query else ""), HOSTS, PATHS, QUERIES)
URLS = st.builds(
    lambda before, address, after: before + address + after,
    st.sampled_from(
        ["", "//", "http://", "https://", "HTTPS://", "https://me@", "https://me:secret@", " https://"]
        + [f"https://www-a-com.cdn.ampproject.org/{kind}/" for kind in ("c", "v", "i", "c/s", "v/s", "i/s")]
    ),
    ADDRESSES,
    st.sampled_from(["", "#", "#top", "#a?b=1&c", " "]),
)


@settings(deadline=None)
@given(st.lists(st.one_of(URLS, st.none()), min_size=1, max_size=20))
@example(["https://www.youtube.com/v/amp"])
def test_it_equals_the_rule_stated_in_plain_python(urls: list[str | None]) -> None:
    assert canonical_url(texts(*urls)).to_list() == [oracle.canonical_url(url) for url in urls]


@settings(deadline=None)
@given(st.lists(URLS, min_size=1, max_size=20))
def test_the_canonical_form_is_its_own_canonical_form(urls: list[str]) -> None:
    once = canonical_url(texts(*urls))
    assert canonical_url(once).to_list() == once.to_list()


#: Pieces that meet where rules meet: what one step leaves may be another one's matter.
WILD = (
    *(
        "https://",
        "//",
        "www.",
        "m.",
        "a.example",
        "b.co.uk",
        "xn--mnchen-3ya.de",
        "münchen.de",
        "youtu.be/",
        "youtube.com",
    ),
    *(
        "/watch",
        "?v=",
        "/embed/videoseries",
        "list=",
        "/v/",
        "google.com/amp/s/",
        "x.cdn.ampproject.org/c/s/",
        "1.2.3.4",
    ),
    *(
        "x.bing-amp.com/c/",
        "amp",
        "/amp",
        "/amp/",
        "/google-amp/",
        "outputType=amp",
        "utm_source=",
        "UTM_x",
        "a=1",
        "b=",
    ),
    *("&", "&amp;", "&amp;amp;", "&#38;", "&semi;", "&num;", "&notit;", "&lt;", ";", "%26", "%3b", "%3B", "%2e", "%25"),
    *("%", "%zz", "%e9", "%C3%A9", "é", "ß", "…", "。", "+", "%20", "%2B", " ", "\t", "\n", "\x00", "\u200b", "\ufeff"),
    *(
        "?",
        "#",
        "#!",
        "#/",
        "/",
        "//",
        "/../",
        "/./",
        "..",
        ":80",
        ":",
        "@",
        "user@",
        "[",
        "]",
        "|",
        "\\",
        '"',
        "“",
        "”",
        "<",
        ">",
    ),
)


def wild_addresses(random: Random, count: int) -> list[str]:
    hosts = (
        "a.example",
        "b.co.uk",
        "münchen.de",
        "youtu.be",
        "youtube.com",
        "google.com",
        "x.cdn.ampproject.org",
        "1.2.3.4",
    )
    return [
        random.choice(("", "https://", "http://www.", "“"))
        + random.choice(hosts)
        + random.choice(("", "/", "?", "#"))
        + "".join(random.choices(WILD, k=random.randint(0, 9)))
        for _ in range(count)
    ]


def test_wild_addresses_have_a_form_that_is_its_own_form() -> None:
    """Ten thousand here; `BROADSHEET_WILD_ADDRESSES=1000000` tries a million."""
    count = int(os.environ.get("BROADSHEET_WILD_ADDRESSES", "10000"))
    for seed in range(0, count, 10_000):
        once = canonical_url(pl.Series(wild_addresses(Random(seed), min(count, 10_000))))
        assert once.null_count() < once.len() / 2
        assert canonical_url(once).to_list() == once.to_list()


@settings(deadline=None)
@given(st.lists(st.one_of(URLS, st.text(), st.none()), min_size=1, max_size=8))
def test_an_address_gives_the_same_alone_and_in_a_column(urls: list[str | None]) -> None:
    alone = [canonical(url) for url in urls]
    assert canonical_url(texts(*urls)).to_list() == alone
    assert canonical_url(texts(*urls, *reversed(urls))).to_list() == alone + alone[::-1]


@settings(deadline=None)
@given(st.lists(st.text(), max_size=8))
@example(["%", "&#x110000;", "&#0;", "\x00", "https://:@#?"])
def test_any_text_gives_text_or_null_and_never_an_error(values: list[str]) -> None:
    assert "" not in canonical_url(texts(*values)).to_list()


@settings(deadline=None)
@given(
    HOSTS,
    PATHS,
    QUERIES,
    st.sampled_from(["http://", "https://", "HTTP://", "//"]),
    st.sampled_from(["", "me@", "me:secret@"]),
    st.sampled_from(["", "www.", "www3.", "m.", "mobile.", "amp."]),
    st.sampled_from(["", ":80", ":8443"]),
    st.sampled_from(["", "/", "//", "/amp", "/amp/"]),
    st.lists(st.sampled_from(TRACKING_KEYS).map(lambda key: f"{key}=1"), max_size=3),
    # A fragment that begins with ! or / names a page of an app.
    st.text(st.characters(exclude_characters="&;", exclude_categories=["C", "Z"]), max_size=5).filter(
        lambda top: not top.startswith(("!", "/"))
    ),
)
def test_what_does_not_identify_never_matters(
    host: str,
    path: str,
    query: str,
    scheme: str,
    user: str,
    prefix: str,
    port: str,
    end: str,
    tracking: list[str],
    top: str,
) -> None:
    plain = f"https://{host}{path}?{query}"
    dressed = f"{scheme}{user}{prefix}{host}{port}{path}{end}?{'&'.join([*tracking, query])}#{top}"
    assert canonical(dressed) == canonical(plain)


@settings(deadline=None)
@given(HOSTS, PATHS, st.lists(PAIRS, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_query_keys_never_matters(host: str, path: str, pairs: list[str], random: Random) -> None:
    shuffled = random.sample(pairs, len(pairs))
    assert canonical(f"{host}{path}?{'&'.join(shuffled)}") == canonical(f"{host}{path}?{'&'.join(pairs)}")


@settings(deadline=None)
@given(HOSTS, PATHS, QUERIES, st.sampled_from(["c/", "v/", "i/", "c/s/", "v/s/", "i/s/"]))
def test_an_address_in_the_amp_cache_is_the_address(host: str, path: str, query: str, kind: str) -> None:
    address = f"{host}{path}?{query}"
    assert canonical(f"https://any.cdn.ampproject.org/{kind}{address}") == canonical(address)


@settings(deadline=None)
@given(IDENTIFYING, IDENTIFYING, st.lists(st.sampled_from("abAB"), max_size=3))
def test_what_identifies_always_matters(one: list[str], other: list[str], values: list[str]) -> None:
    def address(segments: list[str], query: list[str]) -> str | None:
        return canonical("/".join(["https://example.com", *segments, "end"]) + "?" + "&".join(query))

    pairs = [f"id={value}" for value in values]
    assert (address(one, pairs) == address(other, pairs)) == (one == other)
    assert (address(one, pairs) == address(one, [*pairs, "id=c"])) is False
