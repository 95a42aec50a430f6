"""Which documents tell one story: `pipeline/tables/stories.py`, step by step, then by properties.

An article is a name: `a` has the address example.com/a and came out at 00:00, `b` at 01:00 and so on, unless a time is
given. The first article of a document is its lead, the others are its related list.
"""

from __future__ import annotations

import json
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.helpers import oracle
from tests.helpers.documents import Document, Tables, fragment_of, tables_of, warehouse

Article = str | tuple[str, datetime | None]
START = datetime(2020, 1, 1)


def entry(article: Article) -> Document:
    name, at = article if isinstance(article, tuple) else (article, START + timedelta(hours=ord(article[0]) - 97))
    return {
        "title": name,
        "webUrl": f"https://example.com/{name}",
        "publishedDateTime": at and at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "type": "article",
        "provider": {"name": name, "domain": f"{name}.com"},
    }


def document(*articles: Article, **keys: Any) -> Document:
    """A document of these articles, its lead first; further keys as upstream writes them."""
    lead, *related = [entry(article) for article in articles]
    return {**lead, "related": related, **keys}


def head(*articles: Article, **keys: Any) -> Document:
    return document(*articles, published=True, **keys)


def folded(*articles: Article, **keys: Any) -> Document:
    return document(*articles, published=False, heat=-1, **keys)


def stories(documents: dict[str, Document]) -> dict[str, str]:
    """Path of each document -> path of the document that heads or represents its story."""
    return stories_in(warehouse(documents))


def stories_in(tables: Tables) -> dict[str, str]:
    representatives = tables["stories"].select("story_id", "document_id")
    named = tables["documents"].select("document_id", "path", "story_id")
    rows = named.join(
        representatives.join(named.select("document_id", story="path"), on="document_id").select("story_id", "story"),
        on="story_id",
    )
    assert rows.height == named.height
    return dict(rows.sort("path").select("path", "story").iter_rows())


def members(documents: dict[str, Document], story: str) -> dict[str, tuple[str, str, int]]:
    """Article -> membership, and path and position of the entry kept, of the story that document `story` heads."""
    tables = warehouse(documents)
    paths = tables["documents"].select("document_id", "path")
    story_id = tables["documents"].filter(path=story)["story_id"].item()
    rows = (
        tables["story_articles"]
        .filter(story_id=story_id)
        .join(paths, on="document_id")
        .join(tables["articles"].select("article_id", "title"), on="article_id")
        .sort("title")
    )
    return {
        name: (membership, path, position)
        for name, membership, path, position in rows.select("title", "membership", "path", "position").iter_rows()
    }


# Step 1: a document that is not folded is a story of its own ---------------------------------------------------------


def test_documents_that_are_not_folded_stay_apart_even_when_they_list_each_other() -> None:
    documents = {
        "head": head("a", "b", "c", "d", heat=40),
        "suppressed": document("b", "a", published=False, heat=40),
        "unknown": document("c", "a", "b", heat=40),
        "unknown with heat -1": document("d", "a", heat=-1),
        "same lead": head("a", "b", "c", heat=40),
    }
    assert stories(documents) == {name: name for name in documents}


@pytest.mark.parametrize(
    ("keys", "state"),
    [
        ({"published": True, "heat": 40}, "head"),
        ({"published": True, "heat": -1}, "head"),
        ({"published": True}, "head"),
        ({"published": False, "heat": -1}, "folded"),
        ({"published": False, "heat": 0}, "suppressed"),
        ({"published": False}, "suppressed"),
        ({"published": "maybe", "heat": -1}, "unknown"),
        ({"heat": -1}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_only_unpublished_documents_with_heat_minus_one_and_related_entries_are_folded(
    keys: dict[str, Any], state: str
) -> None:
    tables = warehouse({"it": document("b", "a", **keys), "head": head("a", "z")})
    assert tables["documents"].filter(path="it")["state"].item() == state
    assert stories_in(tables)["it"] == ("head" if state == "folded" else "it")
    alone = warehouse({"it": document("b", **keys), "head": head("a", "b")})
    assert alone["documents"].filter(path="it")["state"].item() == ("suppressed" if state == "folded" else state)
    assert stories_in(alone)["it"] == "it"


# Step 2: a folded document joins a head it is linked with -------------------------------------------------------------


def test_a_folded_document_joins_the_head_whose_lead_it_lists() -> None:
    assert stories({"head": head("a", "z"), "folded": folded("b", "y", "a")})["folded"] == "head"


def test_a_folded_document_joins_the_head_that_lists_its_lead() -> None:
    assert stories({"head": head("a", "y", "b"), "folded": folded("b", "z")})["folded"] == "head"


@pytest.mark.parametrize("keys", [{"published": False, "heat": 20}, {"heat": 20}, {"published": True}])
def test_every_document_that_is_not_folded_and_has_related_entries_takes_folded_ones_in(keys: dict[str, Any]) -> None:
    assert stories({"head": document("a", "z", **keys), "folded": folded("b", "a")})["folded"] == "head"


def test_a_document_without_related_entries_takes_none_in() -> None:
    assert stories({"single": head("a"), "folded": folded("b", "a")})["folded"] == "folded"


def test_listing_the_same_third_article_is_no_link() -> None:
    assert stories({"head": head("a", "c"), "folded": folded("b", "c")})["folded"] == "folded"


def test_having_the_same_lead_is_no_link() -> None:
    assert stories({"head": head("a", "c"), "folded": folded("a", "b")})["folded"] == "folded"


def test_a_folded_document_linked_with_a_folded_one_only_does_not_follow_it_to_its_head() -> None:
    found = stories({"head": head("a", "z"), "near": folded("b", "a"), "far": folded("c", "b")})
    assert found == {"head": "head", "near": "head", "far": "far"}


#: What decides among several heads, the strongest first. Each head is (its name, whether it lists the folded document's
#: lead in return, heat, time of its lead); the first of each pair wins.
SOONER, LATER = START, START + timedelta(days=1)


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        pytest.param(("z", True, 20, LATER), ("a", False, 90, SOONER), id="linked both ways beats heat, lead and path"),
        pytest.param(("z", True, None, None), ("a", False, 90, SOONER), id="linked both ways beats known heat"),
        pytest.param(("z", True, 90, LATER), ("a", True, 20, SOONER), id="heat beats earliest lead, both ways"),
        pytest.param(("z", False, 90, LATER), ("a", False, 20, SOONER), id="heat beats earliest lead, one way"),
        pytest.param(("z", False, 1, LATER), ("a", False, -5, SOONER), id="heat compares as a number"),
        pytest.param(("z", False, 100, LATER), ("a", False, 20, SOONER), id="heat compares not as text"),
        pytest.param(("z", False, 0, LATER), ("a", False, None, SOONER), id="any heat beats none"),
        pytest.param(("z", False, 40, SOONER), ("a", False, 40, LATER), id="earliest lead beats path"),
        pytest.param(("z", False, None, SOONER), ("a", False, None, LATER), id="earliest lead beats path without heat"),
        pytest.param(("z", False, 40, LATER), ("a", False, 40, None), id="any time of the lead beats none"),
        pytest.param(("a", False, 40, SOONER), ("z", False, 40, SOONER), id="smallest path"),
        pytest.param(("Z", False, 40, SOONER), ("a", False, 40, SOONER), id="capitals come before small letters"),
        pytest.param(("a/z", False, 40, None), ("b/a", False, None, None), id="heat before the path without times"),
    ],
)
def test_the_head_that_is_chosen_among_several(winner: tuple[Any, ...], loser: tuple[Any, ...]) -> None:
    leads = {name: (f"lead {name}", at) for name, _, _, at in (winner, loser)}
    documents = {
        name: head(leads[name], "b" if in_return else "y", **({} if heat is None else {"heat": heat}))
        for name, in_return, heat, _ in (winner, loser)
    }
    member = folded("b", *leads.values())
    for order in ([*documents], [*reversed(documents)]):
        assert stories({"m": member, **{name: documents[name] for name in order}})["m"] == winner[0]


def test_heads_of_two_sources_come_in_the_order_of_the_names_of_the_sources_then_of_the_paths() -> None:
    first, second = head(("lead 1", START), "y"), head(("lead 2", START), "y")
    member = folded("b", ("lead 1", START), ("lead 2", START))
    assert stories({"two:a": first, "one:z": second, "two:m": member})["m"] == "z"


def test_linked_both_ways_counts_once_however_often_each_lists_the_other() -> None:
    documents = {
        "often": head("a", "y", heat=20),
        "hot": head("c", "y", heat=90),
        "folded": folded("b", "a", "a", "a", "c"),
    }
    assert stories(documents)["folded"] == "hot"


def test_the_choice_between_heads_does_not_depend_on_which_side_links() -> None:
    documents = {"lists": head("a", "b", heat=20), "is listed": head("c", "y", heat=40), "folded": folded("b", "c")}
    assert stories(documents)["folded"] == "is listed"


# Step 3: folded documents without a head form groups ------------------------------------------------------------------


def test_folded_documents_without_a_head_are_connected_through_their_leads() -> None:
    documents = {
        "1": folded("a", "b", "x", "y", "z"),
        "2": folded("b", "c"),
        "3": folded("c", "y"),
        "4": folded("d", "c"),
        "5": folded("e", "f"),
        "6": folded("f", "y", "z"),
        "7": folded("g", "y", "z"),
    }
    assert stories(documents) == {"1": "1", "2": "1", "3": "1", "4": "1", "5": "6", "6": "6", "7": "7"}


def test_a_group_does_not_connect_through_members_of_a_head() -> None:
    documents = {"head": head("a", "b"), "member": folded("b", "c", "d"), "1": folded("c", "b"), "2": folded("d", "b")}
    assert stories(documents) == {"head": "head", "member": "head", "1": "1", "2": "2"}


def test_a_group_does_not_connect_through_documents_that_are_not_folded() -> None:
    assert stories({"single": head("a"), "1": folded("b", "a"), "2": folded("c", "a")})["2"] == "2"


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        pytest.param(("z", "xyv", 10, LATER), ("a", "xy", 90, SOONER), id="most distinct articles beat quality"),
        pytest.param(("z", "xyv", None, None), ("a", "xxxyyy", 90, SOONER), id="repeats do not count"),
        pytest.param(("z", "xy", 90, LATER), ("a", "xy", 10, SOONER), id="quality beats earliest lead"),
        pytest.param(("z", "xy", 100, LATER), ("a", "xy", 20, SOONER), id="quality compares not as text"),
        pytest.param(("z", "xy", 0, LATER), ("a", "xy", None, SOONER), id="any quality beats none"),
        pytest.param(("z", "xy", 50, SOONER), ("a", "xy", 50, LATER), id="earliest lead beats path"),
        pytest.param(("z", "xy", 50, LATER), ("a", "xy", 50, None), id="any time of the lead beats none"),
        pytest.param(("a", "xy", None, None), ("z", "xy", None, None), id="smallest path"),
    ],
)
def test_the_document_that_represents_a_group(winner: tuple[Any, ...], loser: tuple[Any, ...]) -> None:
    leads = {name: (f"lead {name}", at) for name, _, _, at in (winner, loser)}
    documents = {
        name: folded(leads[name], *listed, *leads.values(), **({} if quality is None else {"quality": quality}))
        for name, listed, quality, _ in (winner, loser)
    }
    for order in ([*documents], [*reversed(documents)]):
        found = stories({name: documents[name] for name in order})
        assert found == dict.fromkeys(sorted(documents), winner[0])


# Step 4: the articles of a story --------------------------------------------------------------------------------------


def test_a_story_holds_its_heads_list_and_the_leads_of_the_folded_documents_but_not_their_lists() -> None:
    documents = {"head": head("c", "d", "e"), "1": folded("a", "c", "x"), "2": folded("b", "c", "y")}
    assert members(documents, "head") == {
        "a": ("folded", "1", 0),
        "b": ("folded", "2", 0),
        "c": ("lead", "head", 0),
        "d": ("listed", "head", 1),
        "e": ("listed", "head", 2),
    }


def test_the_representative_of_a_group_stands_where_a_head_would() -> None:
    documents = {"1": folded("a", "b", "x"), "2": folded("b", "y")}
    assert members(documents, "1") == {"a": ("lead", "1", 0), "b": ("listed", "1", 1), "x": ("listed", "1", 2)}


def test_a_folded_lead_that_the_head_lists_is_listed() -> None:
    documents = {"head": head("c", "d", "a"), "1": folded("a", "c")}
    assert members(documents, "head")["a"] == ("listed", "head", 2)


def test_the_heads_lead_stays_lead_when_it_is_listed_or_leads_a_folded_document_too() -> None:
    earlier = ("c", START - timedelta(days=9))
    documents = {"head": head("c", "c", earlier, "d"), "1": folded(earlier, "c"), "2": folded("d", "c")}
    assert members(documents, "head") == {"c": ("lead", "head", 0), "d": ("listed", "head", 3)}


def test_of_an_article_listed_twice_the_earliest_entry_is_kept() -> None:
    documents = {"head": head("a", "b", ("b", START), ("b", None), ("b", START))}
    assert members(documents, "head")["b"] == ("listed", "head", 2)


def test_of_an_article_that_leads_two_folded_documents_the_earliest_then_the_first_path_is_kept() -> None:
    documents = {
        "head": head("a", "z"),
        "4": folded(("b", START), "a"),
        "3": folded(("b", START), "a"),
        "1": folded(("b", LATER), "a"),
        "2": folded(("b", None), "a"),
    }
    assert members(documents, "head")["b"] == ("folded", "3", 0)


def test_a_story_says_how_much_it_holds_and_from_when_to_when() -> None:
    named = {"provider": {"name": "Example", "domain": "example.com"}}
    documents = {
        "head": head("d", "b", "f", ("g", None)),
        "1": folded("a", "d", **named),
        "2": folded("c", "d", **named),
        "other": head("z"),
    }
    tables = warehouse(documents)
    story = tables["stories"].filter(pl.col("article_count") > 1).row(0, named=True)
    lead = tables["articles"].filter(title="d").row(0, named=True)
    head_document = tables["documents"].filter(path="head").row(0, named=True)
    assert {key: value for key, value in story.items() if not key.endswith("_id")} == {
        "source_name": "feed",
        "title": "d",
        "state": "head",
        "lead_published_at": START + timedelta(hours=3),
        "lead_published_date": START.date(),
        "article_count": 6,
        "provider_count": 5,
        "publisher_count": 5,
        "document_count": 3,
        "first_published_at": START,
        "last_published_at": START + timedelta(hours=5),
    }
    assert story["story_id"] == head_document["story_id"]
    assert story["document_id"] == head_document["document_id"]
    assert story["lead_article_id"] == lead["article_id"]
    assert story["lead_provider_id"] == lead["provider_id"]


def test_an_article_that_only_a_folded_document_lists_is_in_no_story() -> None:
    tables = warehouse({"head": head("a", "z"), "folded": folded("b", "a", "x")})
    nowhere = tables["articles"].join(tables["story_articles"], on="article_id", how="anti")
    assert nowhere["title"].to_list() == ["x"]


def test_an_article_may_be_in_several_stories() -> None:
    tables = warehouse({"1": head("a", "c"), "2": head("b", "c"), "3": head("c")})
    article_id = tables["articles"].filter(title="c")["article_id"].item()
    assert tables["story_articles"].filter(article_id=article_id)["membership"].sort().to_list() == [
        "lead",
        "listed",
        "listed",
    ]


# The pair of article and time -----------------------------------------------------------------------------------------

EVERGREEN = ("evergreen", START)
EVERGREEN_AGAIN = ("evergreen", START + timedelta(days=450))


def test_a_page_published_again_after_450_days_does_not_join_the_two_stories() -> None:
    documents = {"old": folded("a", EVERGREEN), "new": head(EVERGREEN_AGAIN, "z"), "now": folded("b", EVERGREEN_AGAIN)}
    assert stories(documents) == {"old": "old", "new": "new", "now": "new"}
    assert warehouse(documents)["articles"].filter(title="evergreen").height == 1


def test_a_head_does_not_take_in_a_folded_document_whose_lead_it_lists_at_another_time() -> None:
    assert stories({"head": head("a", EVERGREEN), "folded": folded(EVERGREEN_AGAIN, "z")})["folded"] == "folded"
    assert stories({"head": head("a", EVERGREEN), "folded": folded(EVERGREEN, "z")})["folded"] == "head"


def test_a_group_does_not_connect_at_another_time() -> None:
    assert stories({"1": folded("a", EVERGREEN), "2": folded(EVERGREEN_AGAIN, "z")})["2"] == "2"


def test_an_entry_without_time_links_with_a_lead_without_time_only() -> None:
    documents = {"head": head(("a", None), "z"), "without": folded("b", ("a", None)), "with": folded("c", "a")}
    assert stories(documents) == {"head": "head", "without": "head", "with": "with"}


def test_videos_without_address_link_by_provider_name_title_and_time() -> None:
    video = {key: value for key, value in entry("a").items() if key != "webUrl"}
    member = folded("b")
    member["related"] = [video]
    assert stories({"head": head("a", "z"), "folded": member})["folded"] == "head"


# Properties -----------------------------------------------------------------------------------------------------------

ARTICLES = st.one_of(
    st.sampled_from("abcdef"), st.tuples(st.sampled_from("abc"), st.sampled_from([None, SOONER, LATER]))
)
KEYS = st.one_of(
    st.just({"published": False, "heat": -1}),
    st.builds(
        lambda published, heat: {**published, **heat},
        st.sampled_from([{}, {"published": True}, {"published": False}]),
        st.sampled_from([{}, {"heat": -1}, {"heat": 20}, {"heat": 40}]),
    ),
)
DOCUMENTS = st.builds(
    lambda articles, keys, quality: document(*articles, **keys, **quality),
    st.lists(ARTICLES, min_size=1, max_size=5),
    KEYS,
    st.sampled_from([{}, {"quality": 10}, {"quality": 90}]),
)
WORLDS = st.dictionaries(
    st.builds(str.__add__, st.sampled_from(["one:", "two:"]), st.sampled_from("12345678")), DOCUMENTS, min_size=1
)


@settings(deadline=None, max_examples=40)
@given(WORLDS)
def test_stories_are_those_of_the_rule_stated_in_plain_python(world: dict[str, Document]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, row in world.items():
            file = Path(folder, *name.split(":"))
            file.parent.mkdir(exist_ok=True)
            file.write_text(f"---\n{json.dumps(row)}\n---\n", encoding="utf-8")
        read = oracle.read_corpus({name: Path(folder, name) for name in ("one", "two") if Path(folder, name).exists()})
        expected = oracle.tell_stories(read)
    tables = warehouse(world)
    paths = {row[0]: row[1:] for row in tables["documents"].select("document_id", "source_name", "path").iter_rows()}
    articles = dict(tables["articles"].select("article_id", "canonical_url").iter_rows())
    heads = dict(tables["stories"].select("story_id", "document_id").iter_rows())
    documents = tables["documents"].select("document_id", "story_id").iter_rows()
    assert {paths[document]: paths[heads[story]] for document, story in documents} == {
        document.key: document.story for document in read
    }
    rows = tables["story_articles"].select("story_id", "article_id", "document_id", "position", "membership")
    assert {
        (paths[heads[story]], articles[article]): (paths[document], position, membership)
        for story, article, document, position, membership in rows.iter_rows()
    } == {
        (story.document.key, article): (kept.document, kept.position, membership)
        for story in expected
        for article, (kept, membership) in story.kept.items()
    }


@settings(deadline=None, max_examples=40)
@given(WORLDS)
def test_every_document_is_in_one_story_and_every_article_of_a_lead_or_a_heads_list_in_at_least_one(
    world: dict[str, Document],
) -> None:
    tables = warehouse(world)
    documents, stories = tables["documents"], tables["stories"]
    assert documents.height == len(world)
    documents = documents.filter(pl.col("state") != "copy")
    assert stories["document_count"].sum() == documents.height
    assert set(documents["story_id"]) == set(stories["story_id"]) == set(tables["story_articles"]["story_id"])
    own = stories.select("story_id", "document_id").join(documents, on=["story_id", "document_id"])
    assert own.height == stories.height
    assert own.filter(pl.col("state") != "folded").height == documents.filter(pl.col("state") != "folded").height
    listed = tables["related_links"].join(own.select("document_id"), on="document_id", how="semi")
    assert set(tables["story_articles"]["article_id"]) == {*documents["lead_article_id"], *listed["article_id"]}


@settings(deadline=None, max_examples=25)
@given(WORLDS, st.randoms(use_true_random=False))
def test_neither_the_order_of_files_nor_that_of_rows_matters(world: dict[str, Document], random: Random) -> None:
    expected = warehouse(world)
    permuted = {name: world[name] for name in random.sample([*world], len(world))}
    fragment = fragment_of(permuted)
    shuffled = {
        name: frame.sample(fraction=1, shuffle=True, seed=random.randrange(1000)) for name, frame in fragment.items()
    }
    for name, table in tables_of(shuffled).items():
        assert_frame_equal(table, expected[name], check_row_order=True)


def test_a_story_has_the_source_and_the_title_of_its_head() -> None:
    tables = warehouse(
        {
            "first:head": head("a", "z") | {"title": "The head"},
            "second:folded": folded("b", "a") | {"title": "The folded one"},
            "second:other": head("c") | {"title": "Another"},
        }
    )
    assert set(tables["stories"].select("source_name", "title", "document_count").iter_rows()) == {
        ("first", "The head", 2),
        ("second", "Another", 1),
    }
