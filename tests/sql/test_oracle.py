"""The warehouse against the same definitions in plain Python (`helpers/oracle.py`): every number of every view.

Three kinds of documents: a made-up corpus of hundreds, small worlds full of coincidences, and the corpora of others
where they are at hand.
"""

from __future__ import annotations

import json
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.build import build_warehouse
from pipeline.samples import generate_corpus
from pipeline.settings import PROJECT_FOLDER, Options
from pipeline.sources.folder import Folder
from pipeline.warehouse.database import read_only
from pipeline.warehouse.snapshots import Warehouse
from tests.helpers import CORPORA, oracle
from tests.helpers.documents import Document, document, entry, fill, warehouse

FOREIGN = ("powerapps", "diablo4-sample")

#: Natural key of each view's rows, as SQL; `article` and `story` stand for the natural keys of ids.
KEYS = {
    "share_of_voice": "provider_domain",
    "share_of_voice_by_publisher": "publisher_key",
    "story_reach": "provider_domain",
    "story_reach_by_publisher": "publisher_key",
    "exclusives": "provider_domain",
    "exclusives_by_publisher": "publisher_key",
    "first_mover": "provider_domain",
    "first_mover_by_publisher": "publisher_key",
    "first_mover_by_story": "story_of(story_id), provider_domain",
    "behind_first": "provider_domain",
    "publication_lag": "story_of(story_id), article_of(article_id)",
    "publication_lag_summary": "scope",
    "publication_lag_by_provider": "provider_domain",
    "publication_lag_by_publisher": "publisher_key",
    "concentration": "counted_by, population",
    "lead_share": "provider_domain, state",
    "lead_lag": "provider_domain_a, provider_domain_b",
    "co_coverage": "provider_domain_a, provider_domain_b",
    "story_timing": "story_of(story_id)",
    "lead_rate": "provider_domain",
    "topic_share": "topic",
    "topic_provider_share": "topic, provider_domain",
    "coverage_by_day": "period_start",
    "coverage_by_week": "period_start",
    "coverage_by_month": "period_start",
    "bursts": "week_start",
    "posting_rhythm": "weekday, hour",
    "syndication": "normalized_title",
    "quality_by_provider": "provider_domain",
    "amp_adoption": "provider_domain",
    "image_health": "provider_domain",
    "near_duplicates": "article_of(article_id_a), article_of(article_id_b)",
}


def test_every_number_of_a_made_up_corpus_equals_the_plain_computation(tmp_path: Path) -> None:
    generate_corpus(400, tmp_path / "documents", seed=1, processes=1)
    sources = {"made": tmp_path / "documents", "seeds": PROJECT_FOLDER / "seeds"}
    expected = oracle.metrics(oracle.read_corpus(sources))
    assert [view for view in KEYS if not expected[view]] == []
    assert differences_in_a_build(sources, tmp_path / "warehouse") == []


@pytest.mark.parametrize("names", [*((name,) for name in FOREIGN), FOREIGN], ids="+".join)
def test_every_number_of_a_corpus_of_others_equals_the_plain_computation(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    sources = {name: CORPORA / name for name in names} | {"seeds": PROJECT_FOLDER / "seeds"}
    if missing := [str(folder) for folder in sources.values() if not folder.exists()]:
        pytest.skip(f"{missing[0]} is not here; name the folder of the corpora in BROADSHEET_CORPORA")
    assert differences_in_a_build(sources, tmp_path) == []


# Small worlds ---------------------------------------------------------------------------------------------------------

TITLES = (
    "The old bridge opens again",
    "The old bridge opens again!",
    "The old bridge opens at last",
    "The bridge",
    "Caf\u00e9 &amp; bar",
)
PROVIDERS = (
    {"name": "City News", "domain": "city.com"},
    {"name": "The City News", "domain": "www.city.com"},
    {"name": "Harbor Post", "domain": "harbor.org"},
    {"name": "City News on MSN", "domain": "msn.com"},
    {"name": "City News", "domain": "youtube.com"},
    {"name": "Nobody"},
    None,
)
ADDRESSES = (
    *(f"https://city.com/{letter}" for letter in "abc"),
    "http://m.city.com/a/amp?utm_source=x",
    "https://harbor.org/d?id=1",
    "https://harbor.org/d?id=2",
    "https://youtu.be/e",
    None,
)
FIRST = datetime(2021, 1, 31, 22, 30)
TIMES = (None, *(f"{FIRST + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (0, 1, 2, 26, 24 * 7, 24 * 63)))


def maybe(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[Document]:
    """A mapping that holds each of the keys or does not."""
    return st.fixed_dictionaries({}, optional=values)


ENTRIES = st.builds(
    lambda address, at, title, provider, keys: entry(address, at, title=title, **{"provider": provider} | keys),
    st.sampled_from(ADDRESSES),
    st.sampled_from(TIMES),
    st.sampled_from(TITLES),
    st.sampled_from(PROVIDERS),
    maybe(
        type=st.sampled_from(["article", "video"]),
        quality=st.integers(0, 100),
        ampWebUrl=st.just("https://city.com/amp"),
        images=st.lists(st.sampled_from([{"url": "https://i.com/1"}, {"url": "https://i.com/2"}]), max_size=2),
    ),
)
WORLDS = st.dictionaries(
    st.builds(str.__add__, st.sampled_from(["one:", "two:"]), st.sampled_from("12345678")),
    st.builds(
        lambda lead, related, keys: document(lead, *related, **keys),
        ENTRIES,
        st.lists(ENTRIES, max_size=6),
        st.one_of(
            st.just({"published": False, "heat": -1}),
            maybe(
                published=st.booleans(),
                heat=st.sampled_from([-1, 20, 40]),
                topics=st.lists(st.sampled_from(["games", "town", "weather"]), max_size=3),
            ),
        ),
    ),
    min_size=1,
)


@settings(deadline=None, max_examples=25)
@given(world=WORLDS, is_copied=st.booleans())
@pytest.mark.slow
def test_every_number_of_a_small_world_equals_the_plain_computation(
    empty_warehouse: duckdb.DuckDBPyConnection, world: dict[str, Document], is_copied: bool
) -> None:
    if is_copied:
        world = world | {"two:9": world[min(world)]}
    with tempfile.TemporaryDirectory() as folder:
        for name, row in world.items():
            file = Path(folder, *name.split(":"))
            file.parent.mkdir(exist_ok=True)
            file.write_text(f"---\n{json.dumps(row)}\n---\n", encoding="utf-8")
        documents = oracle.read_corpus({item.name: item for item in Path(folder).iterdir()})
    with fill(empty_warehouse, warehouse(world)):
        assert differences(empty_warehouse, documents) == []


# Comparing ------------------------------------------------------------------------------------------------------------


def differences_in_a_build(sources: dict[str, Path], folder: Path) -> list[str]:
    build_sources = [Folder(name, documents) for name, documents in sorted(sources.items())]
    snapshot = build_warehouse(Warehouse(folder), build_sources, Options(processes=1)).snapshot
    with read_only(snapshot.database) as connection:
        return differences(connection, oracle.read_corpus(sources))


def differences(connection: duckdb.DuckDBPyConnection, documents: list[oracle.Read]) -> list[str]:
    """What differs between a warehouse and the plain computation, as sentences."""
    names, expected = natural_names(connection, documents), oracle.metrics(documents)
    check_memberships(connection, names, oracle.tell_stories(documents))
    return [text for view, key in KEYS.items() for text in compare(connection, view, key, names, expected[view])]


def natural_names(connection: duckdb.DuckDBPyConnection, documents: list[Any]) -> dict[int, Any]:
    """Natural key of every article (by one of its entries) and of every story."""
    entries = {(entry.document, entry.position): entry.article for entry in oracle.all_entries(documents)}
    rows = connection.execute(
        "select article_id, source_name, path, first_position from articles "
        "join documents on articles.first_document_id = documents.document_id"
    ).fetchall()
    found = {article_id: entries[(source, path), position] for article_id, source, path, position in rows}
    stories = connection.execute(
        "select stories.story_id, documents.source_name, path from stories join documents using (document_id)"
    ).fetchall()
    return found | {story_id: (source, path) for story_id, source, path in stories}


def compare(
    connection: duckdb.DuckDBPyConnection,
    view: str,
    key: str,
    names: dict[int, Any],
    expected: dict[Any, dict[str, Any]],
) -> list[str]:
    """What differs between a view and the plain rows, as sentences."""
    columns = list(next(iter(expected.values()))) if expected else []
    parts = [part.strip() for part in key.split(", ")]
    selected = [part.replace("story_of(", "").replace("article_of(", "").rstrip(")") for part in parts]
    shown = ", ".join(f'"{column}"' for column in [*selected, *columns])
    found: dict[Any, dict[str, Any]] = {}
    for row in connection.execute(f"select {shown} from {view}").fetchall():
        values = [names[v] if "_of(" in part else v for part, v in zip(parts, row[: len(parts)], strict=True)]
        natural: Any = values[0] if len(values) == 1 else tuple(values)
        if view == "near_duplicates":
            natural = frozenset(values)
        found[natural] = dict(zip(columns, row[len(parts) :], strict=True))
    differences = [f"{view}: {k} is missing" for k in expected.keys() - found.keys()]
    differences += [f"{view}: {k} is too much" for k in found.keys() - expected.keys()]
    for natural in expected.keys() & found.keys():
        for column, wanted in expected[natural].items():
            value = found[natural][column]
            if value != wanted and (
                value is None or wanted is None or value != pytest.approx(wanted, rel=1e-9, abs=1e-9)
            ):
                differences.append(f"{view}: {natural}: {column} is {value}, expected {wanted}")
    return differences


def check_memberships(connection: duckdb.DuckDBPyConnection, names: dict[int, Any], stories: list[Any]) -> None:
    """Every article of every story, with the entry kept and why."""
    rows = connection.execute(
        "select story_articles.story_id, article_id, source_name, path, position, membership "
        "from story_articles join documents using (document_id)"
    ).fetchall()
    found = {
        (names[story], names[article]): ((source, path), position, membership)
        for story, article, source, path, position, membership in rows
    }
    wanted = {
        (story.document.key, article): (entry.document, entry.position, membership)
        for story in stories
        for article, (entry, membership) in story.kept.items()
    }
    assert found == wanted
