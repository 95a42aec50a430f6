"""The tables, one by one, on documents of a few lines: `pipeline/tables/` but for stories and clocks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from pipeline.schema.tables import TABLES
from pipeline.tables import made_from, table_functions
from pipeline.tables.articles import assert_keys_are_unique
from tests.helpers.documents import Document, Tables, document, document_ids, entry, fragment_of, rows, warehouse

# Identity -------------------------------------------------------------------------------------------------------------

VIDEO = {"title": "A bridge opens", "name": "City News", "domain": "youtube.com", "type": "video"}


def test_entries_with_one_canonical_address_are_one_article() -> None:
    tables = warehouse(
        {
            "1": document(entry("https://www.example.com/a"), entry("http://m.example.com/a/amp?utm_source=x")),
            "2": document(entry("https://example-com.cdn.ampproject.org/c/s/example.com/a"), entry("example.com/b")),
        }
    )
    assert rows(tables["articles"].sort("canonical_url"), "canonical_url", "entry_count", "document_count") == [
        ("example.com/a", 3, 2),
        ("example.com/b", 1, 1),
    ]


def test_the_address_is_web_url_else_original_url() -> None:
    tables = warehouse(
        {
            "both": document(entry("https://example.com/web", originalUrl="https://example.com/original")),
            "blank": document(entry(" ", originalUrl="https://example.com/original")),
            "absent": document(entry(None, originalUrl="https://example.com/2020")),
            "tracking only": document(entry("?utm_source=x", originalUrl="https://example.com/left")),
        }
    )
    assert set(tables["articles"]["canonical_url"]) == {
        "example.com/web",
        "example.com/original",
        "example.com/2020",
        "example.com/left",
    }


def test_an_entry_without_address_is_the_lead_of_the_same_provider_name_title_and_time() -> None:
    written = {**VIDEO, "title": "A BRIDGE&nbsp;opens!", "name": "CITY news"}
    tables = warehouse(
        {
            "1": document(entry("https://example.com/other"), entry(None, **written)),
            "2": document(entry("https://youtu.be/1", **VIDEO)),
        }
    )
    video = tables["articles"].filter(canonical_url="youtube.com/watch?v=1").row(0, named=True)
    assert (video["entry_count"], video["document_count"]) == (2, 2)
    assert tables["related_links"]["article_id"].to_list() == [video["article_id"]]
    assert video["title"] == "A bridge opens"


@pytest.mark.parametrize(
    "difference",
    [{"name": "City News 2"}, {"title": "A bridge closes"}, {"at": "2021-03-04T12:00:01Z"}, {"at": None}],
)
def test_another_name_title_or_time_is_another_article(difference: dict[str, Any]) -> None:
    tables = warehouse({"1": document(entry("https://youtu.be/1", **VIDEO), entry(None, **{**VIDEO, **difference}))})
    assert set(tables["articles"]["canonical_url"]) == {"youtube.com/watch?v=1", None}


def test_a_related_entry_with_address_lends_its_identity_to_none() -> None:
    tables = warehouse({"1": document(entry(), entry("https://youtu.be/1", **VIDEO), entry(None, **VIDEO))})
    assert tables["articles"].height == 3


def test_of_several_leads_the_one_with_the_smallest_source_and_path_lends_its_identity() -> None:
    tables = warehouse(
        {
            "two:1": document(entry("https://youtu.be/two", **VIDEO)),
            "one:9": document(entry("https://youtu.be/nine", **VIDEO), entry(None, **VIDEO)),
            "one:10": document(entry("https://youtu.be/ten", **VIDEO)),
        }
    )
    counts = dict(tables["articles"].select("canonical_url", "entry_count").iter_rows())
    assert counts == {"youtube.com/watch?v=two": 1, "youtube.com/watch?v=nine": 1, "youtube.com/watch?v=ten": 2}


def test_an_article_has_its_address_also_where_its_earliest_occurrence_has_none() -> None:
    tables = warehouse({"1": document(entry(None, **VIDEO)), "2": document(entry("https://youtu.be/1", **VIDEO))})
    article = tables["articles"].row(0, named=True)
    assert (article["canonical_url"], article["entry_count"]) == ("youtube.com/watch?v=1", 2)
    assert document_ids(tables)[article["first_document_id"]] == "1"


def test_an_article_has_the_address_of_its_earliest_occurrence_as_written() -> None:
    tables = warehouse(
        {
            "later": document(entry("https://example.com/a", "2021-03-05T12:00:00Z")),
            "earlier": document(entry("http://www.example.com/a?utm_source=x", "2021-03-04T12:00:00Z")),
            "original": document(entry(None, originalUrl="https://m.example.com/2020")),
            "none": document(entry(None, title="B")),
            "address": document(entry("https://www.example.com/c", title="C")),
            "a": document(entry(None, title="C")),
        }
    )
    assert set(rows(tables["articles"], "canonical_url", "url")) == {
        ("example.com/a", "http://www.example.com/a?utm_source=x"),
        ("example.com/2020", "https://m.example.com/2020"),
        (None, None),
        ("example.com/c", "https://www.example.com/c"),
    }


def test_entries_without_address_and_without_such_a_lead_are_one_article_by_name_title_and_time() -> None:
    tables = warehouse(
        {
            "1": document(entry(), entry(None, **VIDEO)),
            "2": document(entry("https://example.com/b"), entry(None, **VIDEO)),
        }
    )
    video = tables["articles"].filter(pl.col("canonical_url").is_null())
    assert rows(video, "title", "entry_count", "document_count", "first_position") == [("A bridge opens", 2, 2, 1)]


def test_two_addresses_with_one_key_stop_the_build() -> None:
    entries = fragment_of(
        {"1": document(entry("https://example.com/a")), "2": document(entry("https://example.com/b"))}
    )["entries"].lazy()
    assert_keys_are_unique(entries)
    with pytest.raises(ValueError, match="the key 7 stands for several addresses") as caught:
        assert_keys_are_unique(entries.with_columns(article_id=pl.lit(7, dtype=pl.Int64)))
    assert "example.com/a" in str(caught.value)
    assert "example.com/b" in str(caught.value)


# Articles -------------------------------------------------------------------------------------------------------------

SOONER, NOON = "2021-03-04T11:59:59Z", "2021-03-04T12:00:00Z"


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        pytest.param(("z", 2, SOONER), ("a", 0, NOON), id="smallest time before lead and path"),
        pytest.param(("z", 2, NOON), ("a", 0, None), id="any time before none"),
        pytest.param(("z", 0, NOON), ("a", 1, NOON), id="lead before related"),
        pytest.param(("z", 0, None), ("a", 1, None), id="lead before related without times"),
        pytest.param(("a", 2, NOON), ("z", 1, NOON), id="path before position"),
        pytest.param(("a:z", 1, NOON), ("b:a", 1, NOON), id="source before path"),
        pytest.param(("10", 1, NOON), ("9", 1, NOON), id="paths compare as text"),
        pytest.param(("a", 1, NOON), ("a", 2, NOON), id="position"),
        pytest.param(("a", 2, SOONER), ("a", 1, NOON), id="time before position"),
    ],
)
def test_the_values_of_an_article_are_those_of_its_earliest_occurrence(
    winner: tuple[str, int, str | None], loser: tuple[str, int, str | None]
) -> None:
    def occurrence(title: str, at: str | None) -> Document:
        return entry("https://example.com/it", at, title=title, excerpt=title, name=title, domain=f"{title}.com")

    lists = {
        place: [entry(f"https://example.com/{place}/{number}") for number in range(3)] for place, *_ in (winner, loser)
    }
    for title, (place, position, at) in (("winner", winner), ("loser", loser)):
        lists[place][position] = occurrence(title, at)
    for order in ([*lists], [*reversed(lists)]):
        tables = warehouse({place: document(*lists[place]) for place in order})
        article = tables["articles"].filter(canonical_url="example.com/it").row(0, named=True)
        assert (article["title"], article["excerpt"], article["published_at_raw"]) == ("winner", "winner", winner[2])
        assert article["first_position"] == winner[1]
        assert document_ids(tables)[article["first_document_id"]] == winner[0].rpartition(":")[2]
        assert article["entry_count"] == 2
        providers = dict(tables["providers"].select("provider_id", "domain").iter_rows())
        assert providers[article["provider_id"]] == "winner.com"


def test_what_the_earliest_occurrence_lacks_is_not_filled_from_a_later_one() -> None:
    later = entry(
        quality=80, excerpt="later", ampWebUrl="https://example.com/a/amp", images=[{"url": "https://i.com/1"}]
    )
    tables = warehouse({"1": document(entry(at=SOONER)), "2": document(later)})
    assert rows(tables["articles"], "quality", "excerpt", "has_amp", "image_count") == [(None, None, False, 0)]
    assert tables["article_images"].height == 0


def test_repeats_in_one_document_count_as_entries_and_once_as_a_document() -> None:
    tables = warehouse(
        {"1": document(entry(), entry(), entry()), "2": document(entry("https://example.com/b"), entry())}
    )
    assert rows(tables["articles"].sort("canonical_url"), "entry_count", "document_count") == [(4, 2), (1, 1)]


def test_an_article_has_one_version_per_time_with_the_title_and_provider_of_its_earliest_occurrence() -> None:
    def version(at: str | None, title: str) -> Document:
        return entry("https://example.com/evergreen", at, title=title, name=title, domain=f"{title}.com")

    tables = warehouse(
        {
            "1": document(version(NOON, "first"), version(NOON, "x"), version("2022-05-28T12:00:00Z", "y")),
            "2": document(version("2022-05-28T12:00:00Z", "second"), version(None, "z"), version("never", "z")),
            "3": document(version("2022-05-28T14:00:00+02:00", "z")),
        }
    )
    providers = dict(tables["providers"].select("provider_id", "domain").iter_rows())
    found = rows(tables["article_versions"], "published_at", "title", "provider_id", "entry_count")
    assert [(at, title, providers[provider], count) for at, title, provider, count in found] == [
        (datetime(2021, 3, 4, 12), "first", "first.com", 2),
        (datetime(2022, 5, 28, 12), "second", "second.com", 3),
    ]


def test_every_address_as_written_is_kept_with_its_kind_and_count() -> None:
    tables = warehouse(
        {
            "1": document(
                entry("https://www.example.com/a", originalUrl="https://example.com/a?utm_source=x"),
                entry("https://example.com/a", ampWebUrl="https://amp.example.com/a", cdnAmpWebUrl=" "),
                entry("https://www.example.com/a", originalUrl="https://www.example.com/a"),
            ),
            "2": document(entry("https://www.example.com/a"), entry(None, title="B", cdnAmpWebUrl="https://b.com/amp")),
        }
    )
    article_id = tables["articles"].filter(canonical_url="example.com/a")["article_id"].item()
    assert rows(tables["article_urls"].filter(article_id=article_id), "kind", "url", "entry_count") == [
        ("amp", "https://amp.example.com/a", 1),
        ("original", "https://example.com/a?utm_source=x", 1),
        ("original", "https://www.example.com/a", 1),
        ("web", "https://example.com/a", 1),
        ("web", "https://www.example.com/a", 3),
    ]
    assert rows(tables["article_urls"].filter(pl.col("article_id") != article_id), "kind") == ["cdn_amp"]


# Images ---------------------------------------------------------------------------------------------------------------


def test_an_article_has_the_images_of_its_earliest_occurrence_in_their_places() -> None:
    images = [{"url": "https://i.com/1", "title": "one"}, {"url": " "}, {"width": 5}, {"url": "https://i.com/1"}]
    tables = warehouse(
        {"2": document(entry(images=[{"url": "https://i.com/later"}])), "1": document(entry(images=images))}
    )
    image_ids = dict(tables["images"].select("image_id", "url").iter_rows())
    found = rows(tables["article_images"], "position", "title", "image_id")
    assert [(position, title, image_ids[image]) for position, title, image in found] == [
        (1, "one", "https://i.com/1"),
        (4, None, "https://i.com/1"),
    ]
    assert tables["articles"]["image_count"].to_list() == [2]


def test_an_image_has_its_largest_size_and_counts_articles_once() -> None:
    def image(**keys: Any) -> Document:
        return {"url": "https://i.com/1", **keys}

    tables = warehouse(
        {
            "1": document(entry(images=[image(width=100, height=80, isCached=False), image(width=90, height=90)])),
            "2": document(entry("https://example.com/b", images=[image(isCached=True)])),
            "3": document(entry(images=[{"url": "https://i.com/unused", "width": "wide"}])),
        }
    )
    assert rows(tables["images"].sort("url"), "url", "width", "height", "is_cached", "article_count") == [
        ("https://i.com/1", 100, 90, True, 2),
        ("https://i.com/unused", None, None, None, 0),
    ]


def test_logos_belong_to_their_provider_and_not_to_articles() -> None:
    logo = {"url": "https://i.com/logo"}
    named = {"provider": {"name": "Example", "domain": "example.com", "images": [logo, logo]}}
    tables = warehouse({"1": document({**entry(), **named}, {**entry("https://example.com/b"), **named})})
    provider_id = tables["providers"]["provider_id"].item()
    assert rows(tables["provider_images"], "provider_id", "entry_count") == [(provider_id, 2)]
    assert rows(tables["images"], "url", "article_count") == [("https://i.com/logo", 0)]
    assert tables["article_images"].height == 0
    assert tables["articles"]["image_count"].to_list() == [0, 0]


# Providers and publishers ---------------------------------------------------------------------------------------------


def of_names(*named: tuple[str | None, str | None] | tuple[str | None, str | None, str]) -> Tables:
    """Tables of one document with an article for each (name, domain) or (name, domain, time)."""
    entries = [
        entry(
            f"https://example.com/{number}",
            *time,
            provider={key: value for key, value in (("name", name), ("domain", domain)) if value is not None},
        )
        for number, (name, domain, *time) in enumerate(named)
    ]
    return warehouse({"1": document(*entries)})


def test_a_provider_is_a_domain_and_shows_its_most_frequent_name() -> None:
    tables = of_names(
        ("Zeit", "www.Zeit.de"),
        ("ZEIT ONLINE", "zeit.de"),
        ("ZEIT ONLINE", "zeit.de"),
        ("A", "zeit.de"),
        (None, "zeit.de"),
    )
    assert rows(tables["providers"], "domain", "name", "kind", "entry_count", "article_count") == [
        ("zeit.de", "ZEIT ONLINE", "publisher", 5, 5)
    ]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["b", "a"], "a"),
        (["a", "B"], "B"),
        ([None, None, "a"], "a"),
        ([None], "x.com"),
        ([" "], "x.com"),
        (["b", "b", "a", "a", "c"], "a"),
    ],
)
def test_of_equally_frequent_names_the_first_by_alphabet_is_shown_and_without_any_the_domain(
    names: list[str | None], shown: str
) -> None:
    assert of_names(*((name, "x.com") for name in names))["providers"]["name"].to_list() == [shown]


def test_the_host_of_the_address_stands_in_for_a_missing_domain() -> None:
    tables = warehouse(
        {
            "1": document(
                entry("https://www.example.com/a", provider={"name": "A"}),
                entry("https://m.example.com/b", provider={"name": "A", "domain": " "}),
                entry("https://пример.рф/в", provider={}),
            )
        }
    )
    assert rows(tables["providers"], "domain", "name", "entry_count", "article_count") == [
        ("example.com", "A", 2, 2),
        ("пример.рф", "пример.рф", 1, 1),
    ]


def test_entries_without_domain_and_address_are_of_the_unknown_provider_whatever_their_name() -> None:
    written = [{"name": "A"}, {}, {"name": "B", "domain": " "}]
    unknown_entries = [entry(None, title=f"{number}", provider=provider) for number, provider in enumerate(written)]
    tables = warehouse({"1": document(*unknown_entries, entry(domain="c.com"))})
    unknown = tables["providers"].filter(pl.col("domain").is_null())
    assert rows(unknown, "name", "kind", "entry_count", "article_count") == [("(unknown)", "publisher", 3, 3)]
    assert rows(tables["publishers"].filter(publisher_key="name:unknown"), "name", "domain") == [("(unknown)", None)]


def test_the_articles_of_a_provider_are_those_that_it_had_first() -> None:
    tables = warehouse(
        {
            "1": document(entry(at=SOONER, name="A", domain="a.com"), entry(name="B", domain="b.com")),
            "2": document(entry("https://example.com/b", name="B", domain="b.com")),
        }
    )
    assert rows(tables["providers"], "domain", "entry_count", "article_count") == [("a.com", 1, 1), ("b.com", 2, 1)]


def test_names_are_kept_as_written_with_their_counts_and_first_and_last_time() -> None:
    tables = of_names(
        ("A", "a.com", "2021-01-02T00:00:00Z"),
        ("A", "www.a.com", "2020-01-01T00:00:00Z"),
        ("A", "a.com", "2019-01-01"),
        ("a", "a.com", "2022-01-01T00:00:00Z"),
        (None, "a.com", "?"),
    )
    columns = ("name", "entry_count", "first_published_at", "last_published_at")
    assert rows(tables["provider_names"], *columns) == [
        ("A", 3, datetime(2020, 1, 1), datetime(2021, 1, 2)),
        ("a", 1, datetime(2022, 1, 1), datetime(2022, 1, 1)),
        (None, 1, None, None),
    ]


@pytest.mark.parametrize("domain", ["youtube.com", "yahoo.com", "www.MSN.com", "news.yahoo.com", "a.msn.com."])
def test_the_hosts_of_the_list_and_their_sub_domains_are_platforms(domain: str) -> None:
    assert of_names(("X", domain))["providers"]["kind"].to_list() == ["platform"]


@pytest.mark.parametrize("domain", ["notmsn.com", "msn.com.example.com", "notyoutu.be", "example.com"])
def test_other_hosts_are_publishers(domain: str) -> None:
    assert of_names(("X on MSN", domain))["providers"]["kind"].to_list() == ["publisher"]
    assert of_names(("X on MSN", domain))["publishers"]["publisher_key"].to_list() == [domain]


IGN, CNN_EAST, CNN_WEST = ("IGN", "ign.com"), ("CNN", "east.cnn.com"), ("CNN", "west.cnn.com")


@pytest.mark.parametrize(
    ("name", "domain", "others", "key", "shown"),
    [
        pytest.param("IGN on MSN", "msn.com", [IGN], "ign.com", "IGN", id="the domain that has the name"),
        pytest.param("ign ON msn", "msn.com", [IGN], "ign.com", "IGN", id="names compare folded"),
        pytest.param("I.G.N. on MSN.com", "msn.com", [IGN], "ign.com", "IGN", id="as msn.com"),
        pytest.param("IGN on Yahoo News", "yahoo.com", [IGN], "ign.com", "IGN", id="on Yahoo"),
        pytest.param("IGN", "youtube.com", [IGN], "ign.com", "IGN", id="a channel named after a domain's name"),
        pytest.param("IGN on MSN", "msn.com", [], "name:ign", "IGN", id="no domain has the name"),
        pytest.param("A Channel", "youtube.com", [IGN], "name:achannel", "A Channel", id="a channel"),
        pytest.param("A on MSN on MSN", "msn.com", [], "name:a", "A", id="the platform named twice"),
        pytest.param("CNN on MSN", "msn.com", [CNN_EAST, CNN_WEST], "name:cnn", "CNN", id="two domains have the name"),
        pytest.param("IGN on MSN", "msn.com", [("IGN", "youtube.com")], "name:ign", "IGN", id="platforms do not count"),
        pytest.param("IGN on MSN", "youtube.com", [IGN], "name:ignonmsn", "IGN on MSN", id="each platform its pattern"),
        pytest.param("MSN", "msn.com", [IGN], "msn.com", "MSN", id="the platform itself by its name"),
        pytest.param(None, "msn.com", [IGN], "msn.com", "MSN", id="no name"),
        pytest.param("🌉", "youtube.com", [IGN], "name:🌉", "🌉", id="a name without letters"),
        pytest.param("Anything", "a.com", [IGN], "a.com", "Anything", id="no platform"),
    ],
)
def test_who_wrote_it(name: str | None, domain: str, others: list[tuple[str, str]], key: str, shown: str) -> None:
    tables = of_names((name, domain), *others)
    publisher = (
        tables["articles"]
        .filter(canonical_url="example.com/0")
        .select("publisher_id")
        .join(tables["publishers"], on="publisher_id")
    )
    expected_domain = None if key.startswith("name:") else key
    assert rows(publisher, "publisher_key", "name", "domain") == [(key, shown, expected_domain)]
    assert set(tables["publishers"]["publisher_id"]) == set(tables["articles"]["publisher_id"])


def test_a_publisher_is_named_as_on_its_own_domain_else_by_its_most_frequent_name() -> None:
    copies = [("The Daily on MSN", "msn.com")] * 3 + [("The Daily", "youtube.com")]
    assert of_names(*copies, ("THE DAILY", "daily.com"))["publishers"]["name"].to_list() == ["THE DAILY"]
    channels = [("a channel", "youtube.com"), ("A Channel", "youtube.com"), ("A Channel", "youtube.com")]
    assert rows(of_names(*channels)["publishers"], "publisher_key", "name") == [("name:achannel", "A Channel")]


# Topics ---------------------------------------------------------------------------------------------------------------


def test_topics_are_counted_once_per_document_without_empty_bullets_in_the_places_written() -> None:
    tables = warehouse(
        {
            "1": document(entry(), topics=["Gaming", "", " ", "Gaming", " AI "]),
            "2": document(entry(), topics=["AI", "ai"]),
            "3": document(entry(), topics=[]),
            "4": document(entry(), topics=[""]),
            "5": document(entry()),
        }
    )
    assert rows(tables["topics"], "name", "document_count") == [("AI", 2), ("Gaming", 1)]
    names = dict(tables["topics"].select("topic_id", "name").iter_rows())
    paths = document_ids(tables)
    found = rows(tables["document_topics"], "document_id", "position", "topic_id")
    assert sorted((paths[key], position, names[topic]) for key, position, topic in found) == [
        ("1", 1, "Gaming"),
        ("1", 5, "AI"),
        ("2", 1, "AI"),
    ]
    counts = rows(tables["documents"].sort("path"), "topic_count")
    assert counts == [2, 1, 0, 0, 0]


# Documents and related links ------------------------------------------------------------------------------------------


def test_a_document_holds_its_own_keys_and_what_its_lead_says() -> None:
    lead = entry(
        "https://www.example.com/a", category="news", excerpt="…", quality="0", name="Example", domain="example.com"
    )
    tables = warehouse(
        {"a/b.md": document(lead, entry("https://b.com/b"), heat=20, published=True, secured="eA==;eA==")}
    )
    found = tables["documents"].row(0, named=True)
    article = tables["articles"].filter(canonical_url="example.com/a").row(0, named=True)
    story = tables["stories"].row(0, named=True)
    assert found == {
        "document_id": article["first_document_id"],
        "source_name": "feed",
        "path": "a/b.md",
        "content_hash": found["content_hash"],
        "byte_count": found["byte_count"],
        "state": "head",
        "is_published": True,
        "heat": 20,
        "category": "news",
        "lead_article_id": article["article_id"],
        "provider_id": article["provider_id"],
        "story_id": story["story_id"],
        "related_count": 1,
        "topic_count": 0,
        "title": "A",
        "excerpt": "…",
        "web_url": "https://www.example.com/a",
        "original_url": None,
        "amp_web_url": None,
        "cdn_amp_web_url": None,
        "media_type": "article",
        "quality": 0,
        "published_at": datetime(2021, 3, 4, 12),
        "published_date": date(2021, 3, 4),
        "published_at_raw": NOON,
        "published_at_precision": "second",
        "provider_name_raw": "Example",
        "provider_domain_raw": "example.com",
        "featured_content": None,
        "unknown_keys": None,
        "secured": "eA==;eA==",
        "body": None,
    }


def test_related_links_keep_every_entry_as_written_but_for_white_space_at_the_ends_and_a_day_is_no_instant() -> None:
    written = {
        "title": " B &amp; C ",
        "excerpt": "x",
        "publishedDateTime": "2021-03-04",
        "originalUrl": "http://b.com",
        "webUrl": "HTTP://B.com/",
        "ampWebUrl": "a",
        "cdnAmpWebUrl": "c",
        "type": "VIDEO",
        "provider": {"name": " B ", "domain": "WWW.b.com"},
        "quality": " 012 ",
        "featuredContent": "<iframe>",
        "mood": "calm",
    }
    link = warehouse({"1": document(entry(), written)})["related_links"].row(0, named=True)
    assert {key: value for key, value in link.items() if not key.endswith("_id")} == {
        "position": 1,
        "line": 2,
        "lag_seconds": None,
        "is_self_link": False,
        "is_repeat": False,
        "title": "B &amp; C",
        "excerpt": "x",
        "web_url": "HTTP://B.com/",
        "original_url": "http://b.com",
        "amp_web_url": "a",
        "cdn_amp_web_url": "c",
        "media_type": "VIDEO",
        "quality": 12,
        "published_at": None,
        "published_date": date(2021, 3, 4),
        "published_at_raw": "2021-03-04",
        "published_at_precision": "day",
        "provider_name_raw": "B",
        "provider_domain_raw": "WWW.b.com",
        "featured_content": "<iframe>",
        "unknown_keys": '{"mood": "calm"}',
    }


def test_self_links_and_repeats_are_told_by_identity_and_only_within_a_document() -> None:
    video = {**VIDEO, "title": "A"}
    tables = warehouse(
        {
            "1": document(
                entry("https://example.com/a"),
                entry("https://www.example.com/a/"),
                entry("https://example.com/b"),
                entry("https://m.example.com/b?utm_source=x", at=SOONER),
                entry("https://example.com/b?id=1"),
                entry("https://example.com/a"),
                entry("https://example.com/c"),
            ),
            "2": document(entry("https://example.com/b"), entry("https://example.com/a")),
            "3": document(entry("https://youtu.be/1", **video), entry(None, **video), entry(None, **video)),
        }
    )
    paths = document_ids(tables)
    found = rows(tables["related_links"], "document_id", "position", "is_self_link", "is_repeat")
    assert sorted((paths[key], *flags) for key, *flags in found) == [
        ("1", 1, True, True),
        ("1", 2, False, False),
        ("1", 3, False, True),
        ("1", 4, False, False),
        ("1", 5, True, True),
        ("1", 6, False, False),
        ("2", 1, False, False),
        ("3", 1, True, True),
        ("3", 2, True, True),
    ]


@pytest.mark.parametrize(
    ("lead_at", "at", "lag_seconds"),
    [
        (NOON, NOON, 0),
        (NOON, SOONER, -1),
        (NOON, "2021-03-05T12:00:01Z", 86401),
        (NOON, "2021-03-04T13:00:00+01:00", 0),
        (NOON, "2021-03-04T11:59:59.600Z", 0),
        (NOON, None, None),
        (None, NOON, None),
        (None, None, None),
        (NOON, "soon", None),
    ],
)
def test_the_lag_is_signed_and_null_without_both_times(
    lead_at: str | None, at: str | None, lag_seconds: int | None
) -> None:
    tables = warehouse({"1": document(entry(at=lead_at), entry("https://example.com/b", at=at))})
    assert tables["related_links"]["lag_seconds"].to_list() == [lag_seconds]


# Findings that show only beside other documents -----------------------------------------------------------------------


def findings(tables: Tables, rule: str) -> list[tuple[str, int, str]]:
    """Path, position and detail."""
    paths = document_ids(tables)
    found = rows(tables["findings"].filter(rule=rule), "document_id", "position", "detail")
    return sorted((paths[key], position, detail) for key, position, detail in found)


def test_articles_that_differ_in_the_query_only_are_suspects_at_their_first_mention() -> None:
    tables = warehouse(
        {
            "2": document(entry("https://example.com/a?page=2"), entry("https://example.com/a")),
            "1": document(
                entry("https://example.com/b"), entry("https://example.com/a?page=2"), entry("https://a.com/a")
            ),
            "3": document(entry("https://youtu.be/1"), entry("https://youtu.be/2"), entry("https://www.example.com/b")),
        }
    )
    assert findings(tables, "suspect_same_path") == [
        ("1", 1, "example.com/a?page=2 has the host and path of another article"),
        ("2", 1, "example.com/a has the host and path of another article"),
    ]


def test_times_before_1990_and_after_2099_are_null_and_times_years_ahead_are_kept() -> None:
    usual = [entry(f"https://example.com/{number}") for number in range(20)]
    tables = warehouse(
        {
            "1": document(*usual, entry("https://example.com/old", at="1989-12-31T23:59:59Z")),
            "2": document(entry("https://example.com/first", at="1990-01-01T00:00:00Z")),
            "3": document(entry("https://example.com/late", at="2031-03-04T12:00:00Z")),
            "5": document(entry("https://example.com/never", at="2100-01-01")),
            "other:4": document(entry("https://example.com/other", at="2031-03-04T12:00:00Z")),
        }
    )
    assert findings(tables, "implausible_time") == [
        ("1", 20, "publishedDateTime: '1989-12-31T23:59:59Z' is before 1990 or after 2099"),
        ("5", 0, "publishedDateTime: '2100-01-01' is before 1990 or after 2099"),
    ]
    assert findings(tables, "time_years_ahead") == [
        ("3", 0, "publishedDateTime 2031-03-04 12:00:00 is more than two years after the other entries of its source"),
    ]
    times = {row[0]: row[1:] for row in rows(tables["articles"], "canonical_url", "published_at", "published_date")}
    assert times["example.com/old"] == times["example.com/never"] == (None, None)
    assert times["example.com/first"] == (datetime(1990, 1, 1), date(1990, 1, 1))
    assert times["example.com/late"] == times["example.com/other"] == (datetime(2031, 3, 4, 12), date(2031, 3, 4))


def test_a_feed_that_pauses_for_three_years_is_plausible() -> None:
    tables = warehouse(
        {
            "1": document(*(entry(f"https://example.com/{number}") for number in range(5))),
            "2": document(*(entry(f"https://a.com/{number}", at="2024-06-01T00:00:00Z") for number in range(5))),
        }
    )
    assert findings(tables, "time_years_ahead") == []


# All together ---------------------------------------------------------------------------------------------------------


def test_every_table_of_the_schema_is_made_once_in_the_order_that_is_noted() -> None:
    assert list(warehouse({"1": document(entry())})) == list(made_from())
    assert sorted(made_from()) == sorted(TABLES)


def test_what_tables_are_made_from_follows_from_how_they_are_made() -> None:
    """Through everything that lies between: who wrote an article depends on the platforms."""
    everything = ("clock_offsets.csv", "platforms.csv", "source_files", "tracking_keys.csv")
    assert made_from()["rejected_documents"] == ("source_files",)
    assert made_from()["clock_offsets"] == ("clock_offsets.csv",)
    assert made_from()["articles"] == everything
    assert made_from()["findings"] == tuple(sorted(("articles", "clock_evidence", *everything)))
    assert made_from()["stories"] == tuple(sorted(("documents", "story_articles", *everything)))
    assert made_from()["clock_evidence"] == tuple(sorted(("articles", *everything)))


def test_the_function_of_a_table_has_its_name_and_stands_in_a_file_of_the_tables() -> None:
    for name, function in table_functions().items():
        assert function.__name__ == name
        assert function.__module__.startswith("pipeline.tables.")


def test_no_documents_give_empty_tables() -> None:
    tables = warehouse({})
    assert {name: table.height for name, table in tables.items()} == dict.fromkeys(tables, 0)
    assert {name: table.schema for name, table in tables.items()} == {
        name: TABLES[name].polars_schema for name in tables
    }
