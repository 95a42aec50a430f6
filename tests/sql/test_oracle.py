"""The warehouse against the same definitions computed in plain Python (`oracle.py`): every number of every view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.build import open_build
from pipeline.settings import PROJECT_FOLDER, Options
from pipeline.sources import Source
from pipeline.warehouse.database import read_only
from pipeline.warehouse.snapshots import Warehouse
from tests.helpers import CORPORA, oracle

SOURCES = {
    "seeds": {"seeds": PROJECT_FOLDER / "seeds"},
    "powerapps": {"powerapps": CORPORA / "powerapps"},
    "diablo4-sample": {"diablo4-sample": CORPORA / "diablo4-sample"},
    "all": {
        "seeds": PROJECT_FOLDER / "seeds",
        "powerapps": CORPORA / "powerapps",
        "diablo4-sample": CORPORA / "diablo4-sample",
    },
}

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


@pytest.mark.parametrize("name", list(SOURCES))
def test_every_number_equals_the_plain_computation(name: str, tmp_path: Path) -> None:
    sources = SOURCES[name]
    if missing := [str(folder) for folder in sources.values() if not folder.exists()]:
        pytest.skip(f"the shared corpora are not here: {missing[0]}")
    documents = oracle.read_corpus(sources)
    expected = oracle.metrics(documents)
    build_sources = [Source(source, folder) for source, folder in sorted(sources.items())]
    with open_build(Warehouse(tmp_path), build_sources, Options(processes=1)) as build:
        database = build.snapshot.database
    with read_only(database) as connection:
        names = natural_names(connection, documents)
        differences = [
            text for view, key in KEYS.items() for text in compare(connection, view, key, names, expected[view])
        ]
        check_memberships(connection, names, oracle.tell_stories(documents))
    assert differences == []


def natural_names(connection: duckdb.DuckDBPyConnection, documents: list[Any]) -> dict[int, Any]:
    """Natural key of every article (by one of its entries) and of every story."""
    entries = {(entry.document, entry.position): entry.article for entry in oracle.all_entries(documents)}
    rows = connection.execute(
        "select article_id, source_name, path, first_position from articles "
        "join documents on articles.first_document_id = documents.document_id"
    ).fetchall()
    found = {article_id: entries[(source, path), position] for article_id, source, path, position in rows}
    stories = connection.execute(
        "select stories.story_id, source_name, path from stories join documents using (document_id)"
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
