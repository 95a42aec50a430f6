"""Every check fires when its rule is broken on purpose: in a copy of the seed's database, one thing is changed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline.schema.tables import TABLES
from pipeline.warehouse.checks import SAMPLE_SIZE, CheckResult, all_checks, run_check, run_checks
from pipeline.warehouse.snapshots import Snapshot
from pipeline.warehouse.sql_files import all_queries
from tests.helpers.documents import document, entry, fill, warehouse

#: Check, what is done to the database, and a part of what the check then shows of the offenders.
BROKEN = [
    ("documents_are_accounted_for", "update sources set file_count = file_count + 1", {"file_count": "2"}),
    ("documents_are_accounted_for", "delete from documents", {"document_count": "0"}),
    (
        "documents_are_accounted_for",
        "insert into rejected_documents (source_name, path) select source_name, 'x' from sources",
        {"rejected_count": "1"},
    ),
    ("entries_are_counted_once", "update articles set entry_count = entry_count + 1", {"counted_in": "articles"}),
    ("entries_are_counted_once", "delete from providers", {"counted_in": "providers", "entry_count": "0"}),
    ("entries_are_counted_once", "update provider_names set entry_count = 0", {"counted_in": "provider_names"}),
    ("entries_are_counted_once", "delete from article_versions", {"counted_in": "article_versions"}),
    ("every_article_in_a_story", "delete from story_articles", {"canonical_url": "cnet.com"}),
    ("every_document_in_one_story", "update documents set story_id = -1", {"story_id": "-1"}),
    ("every_document_in_one_story", "update documents set story_id = null", {"story_id": "None"}),
    ("every_document_in_one_story", "update stories set document_id = -1", {"document_id": "-1"}),
    ("every_document_in_one_story", "delete from story_articles where membership = 'lead'", {}),
    ("every_document_in_one_story", "update stories set lead_article_id = -1", {}),
    ("first_mover_credit_equals_stories", "delete from providers", {"view_name": "first_mover", "credit_sum": "0.0"}),
    (
        "first_mover_credit_equals_stories",
        "create or replace view first_mover_by_story as select 0.5 as credit",
        {"view_name": "first_mover_by_story", "credit_sum": "0.5"},
    ),
    ("first_mover_credit_equals_stories", "delete from publishers", {"view_name": "first_mover_by_publisher"}),
    ("folded_documents_have_heat_minus_one", "update documents set heat = 5", {"heat": "5"}),
    ("folded_documents_have_heat_minus_one", "update documents set state = 'head'", {"heat": "-1"}),
    ("folded_documents_have_heat_minus_one", "update documents set heat = null", {"heat": "None"}),
    (
        "fractional_credit_equals_stories",
        "delete from providers where domain = 'cnet.com'",
        {"view_name": "story_reach"},
    ),
    ("fractional_credit_equals_stories", "delete from publishers", {"view_name": "story_reach_by_publisher"}),
    ("fractional_credit_equals_stories", "insert into stories (story_id) values (-1)", {"story_count": "2"}),
    ("lags_follow_from_raw_times", "update related_links set lag_seconds = lag_seconds + 1", {"position": "1"}),
    ("lags_follow_from_raw_times", "update related_links set lag_seconds = null", {"lag_seconds": "None"}),
    (
        "lags_follow_from_raw_times",
        "update documents set published_at_raw = '2020-01-01T00:00:00Z'",
        {"position": "1"},
    ),
    (
        "marts_agree_with_tables",
        "update provider_months set month_article_count = month_article_count + 1",
        {"mart_name": "provider_months", "quantity": "article_count"},
    ),
    ("marts_agree_with_tables", "update provider_months set month_entry_count = 0", {"quantity": "entry_count"}),
    ("marts_agree_with_tables", "delete from provider_months", {"mart_name": "provider_months", "mart_number": "0.0"}),
    (
        "marts_agree_with_tables",
        "update article_hours set hour_start = hour_start + interval 1 day",
        {"mart_name": "article_hours"},
    ),
    ("marts_agree_with_tables", "delete from topic_months", {"mart_name": "topic_months"}),
    (
        "marts_agree_with_tables",
        "update topic_provider_months set provider_id = -1",
        {"mart_name": "topic_provider_months"},
    ),
    ("marts_agree_with_tables", "update lag_months set median_lag_minutes = 0", {"quantity": "median_lag_minutes"}),
    (
        "marts_agree_with_tables",
        "update lag_months set lag_count = 7 where counted_by = 'provider' and month_start is null",
        {"quantity": "lag_count of all months", "mart_number": "7.0"},
    ),
    (
        "marts_agree_with_tables",
        "delete from lag_months where month_start is not null",
        {"quantity": "lag_count by month"},
    ),
    ("marts_agree_with_tables", "update search_statistics set article_count = 1", {"mart_name": "search_statistics"}),
    ("related_entries_are_kept", "update documents set related_count = 20", {"related_count": "20"}),
    ("related_entries_are_kept", "delete from related_links where position = 3", {"link_count": "18"}),
    ("related_entries_are_kept", "delete from documents", {"related_count": "0", "link_count": "19"}),
    ("shares_sum_to_one", "delete from providers where domain = 'cnet.com'", {"view_name": "share_of_voice"}),
    ("shares_sum_to_one", "delete from publishers where publisher_key = 'cnet.com'", {"part": "all"}),
    ("shares_sum_to_one", "delete from topics where name = 'AI'", {"view_name": "topic_share"}),
    (
        "shares_sum_to_one",
        "insert into topic_provider_months select month_start, topic_id, -1, 1 from topic_provider_months",
        {"view_name": "topic_provider_share", "share_sum": "0.5"},
    ),
    ("story_counts_agree", "update stories set article_count = 1", {"article_count": "1"}),
    ("story_counts_agree", "update stories set provider_count = 1", {}),
    ("story_counts_agree", "update stories set publisher_count = 1", {}),
    ("story_counts_agree", "delete from story_articles", {"counted_article_count": "0"}),
]


@pytest.fixture(scope="module")
def copied(seed_snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A writable copy of the seed's database."""
    file = tmp_path_factory.mktemp("copy") / "warehouse.duckdb"
    shutil.copyfile(seed_snapshot.database, file)
    with duckdb.connect(str(file)) as connection:
        yield connection


@pytest.fixture
def database(copied: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The copy, as it was when the test ends."""
    copied.execute("begin")
    try:
        yield copied
    finally:
        copied.execute("rollback")


def result_of(database: duckdb.DuckDBPyConnection, check: str) -> CheckResult:
    return run_check(database, all_queries()[check])


def test_every_check_holds_on_the_seed(seed_snapshot: Snapshot) -> None:
    results = run_checks(seed_snapshot.database, {})
    assert [result.query.name for result in results] == [query.name for query in all_checks()]
    assert [result.sentence for result in results if not result.passed] == []


@pytest.mark.parametrize(("check", "change", "shown"), BROKEN)
def test_a_check_fires_when_its_rule_is_broken(
    check: str, change: str, shown: dict[str, str], database: duckdb.DuckDBPyConnection
) -> None:
    assert result_of(database, check).passed
    database.execute(change)
    result = result_of(database, check)
    assert not result.passed
    assert any(all(text in row[column] for column, text in shown.items()) for row in result.sample), result.sample


def test_what_only_its_place_identifies_is_no_sign_of_missing_documents(
    empty_warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """A folded document lists an article of which no document is here, and an entry that could be anything."""
    listed = [entry("https://b.example/elsewhere"), {"title": "Something"}]
    folded = document(entry(), *listed, published=False, heat=-1)
    head = document(entry("https://c.example/head"), entry(), published=True)
    with fill(empty_warehouse, warehouse({"folded": folded, "head": head})):
        found = empty_warehouse.execute(all_queries()["every_article_in_a_story"].select).fetchall()
        assert [row[1] for row in found] == ["b.example/elsewhere"]


def test_no_check_is_left_untried() -> None:
    tried = {check for check, _, _ in BROKEN} | {"keys_lead_somewhere", "rates_lie_inside_their_intervals"}
    assert tried == {query.name for query in all_checks()}


# Keys ---------------------------------------------------------------------------------------------------------------


def foreign_keys() -> list[tuple[str, str]]:
    """Table and column of every key of another table, by its name."""
    keys = {table.key[0] for table in TABLES.values() if len(table.key) == 1 and table.key[0].endswith("_id")}
    return [
        (table.name, column)
        for table in TABLES.values()
        for column in table.column_names
        if any(column == key or column.endswith(f"_{key}") for key in keys) and (column,) != table.key
    ]


@pytest.mark.parametrize(("table", "column"), foreign_keys())
def test_a_key_that_leads_nowhere_is_found(table: str, column: str, database: duckdb.DuckDBPyConnection) -> None:
    assert result_of(database, "keys_lead_somewhere").passed
    database.execute(f"insert into {table} ({column}) values (-1)")
    found = database.execute(all_queries()["keys_lead_somewhere"].select).fetchall()
    assert (table, column, 1) in found


# Rates --------------------------------------------------------------------------------------------------------------


def checked_rates() -> list[tuple[str, str]]:
    """View and column of each rate in the check."""
    check = all_queries()["rates_lie_inside_their_intervals"].select
    return re.findall(r"select '(\w+)'(?: as view_name)?, (\w+)", check)


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [("1.5", "0.0", "2.0"), ("-0.5", "-1.0", "1.0"), ("0.5", "0.6", "0.9"), ("0.5", "0.1", "0.4")],
)
def test_a_rate_outside_of_its_interval_or_of_0_to_1_is_found(
    value: str, low: str, high: str, database: duckdb.DuckDBPyConnection
) -> None:
    rates = checked_rates()
    for view in {view for view, _ in rates}:
        columns = ", ".join(
            f"{value} as {rate}, {low} as {rate}_low, {high} as {rate}_high" for name, rate in rates if name == view
        )
        is_macro = f"from {view}_for(" in " ".join(all_queries()["rates_lie_inside_their_intervals"].select.split())
        start = f"macro {view}_for(minimum_count := 1) as table" if is_macro else f"view {view} as"
        database.execute(f"create or replace {start} select {columns}")
    found = database.execute(all_queries()["rates_lie_inside_their_intervals"].select).fetchall()
    assert sorted(view for view, *_ in found) == sorted(view for view, _ in rates)


@pytest.mark.parametrize(("provider_count", "minimum_count"), [(100, 1), (10_000, 2)])
def test_pairs_of_providers_are_checked_for_those_with_most_stories(
    provider_count: int, minimum_count: int, database: duckdb.DuckDBPyConnection
) -> None:
    """One document may name thousands of providers, and would make millions of pairs."""
    database.execute(f"insert into story_articles (story_id, provider_id) select 0, range from range({provider_count})")
    database.execute(
        "create or replace macro lead_lag_for(minimum_count := 1) as table select minimum_count + 1 "
        "as a_first_probability, 0 as a_first_probability_low, 1 as a_first_probability_high"
    )
    found = database.execute(all_queries()["rates_lie_inside_their_intervals"].select).fetchall()
    assert [row[:2] for row in found] == [("lead_lag", minimum_count + 1)]


def test_a_wrong_interval_is_found_on_real_rows(database: duckdb.DuckDBPyConnection) -> None:
    database.execute(
        "create or replace macro wilson(successes, trials) as {'low': 0.0, 'high': successes / trials / 2}"
    )
    result = result_of(database, "rates_lie_inside_their_intervals")
    assert {row["view_name"] for row in result.sample} == {"share_of_voice"}
    assert result.offender_count > SAMPLE_SIZE == len(result.sample)


# Results ------------------------------------------------------------------------------------------------------------


def test_only_what_our_own_code_can_break_is_an_error() -> None:
    warnings = {query.name for query in all_checks() if query.header["severity"] == "warning"}
    assert warnings == {"every_article_in_a_story", "folded_documents_have_heat_minus_one"}


def test_a_result_tells_people_what_was_found(database: duckdb.DuckDBPyConnection) -> None:
    passed = result_of(database, "related_entries_are_kept")
    assert (passed.passed, passed.is_error, passed.sample) == (True, False, [])
    assert passed.sentence == "related_entries_are_kept: holds"
    database.execute("update documents set related_count = 20")
    failed = result_of(database, "related_entries_are_kept")
    assert (failed.passed, failed.is_error, failed.offender_count) == (False, True, 1)
    assert re.fullmatch(
        r"related_entries_are_kept: 1 offender, first: document_id -?\d+, related_count 20, link_count 19",
        failed.sentence,
    )
    database.execute("update documents set heat = 5")
    warned = result_of(database, "folded_documents_have_heat_minus_one")
    assert (warned.passed, warned.is_error) == (False, False)


def test_checks_of_a_file_leave_it_as_it_is(seed_snapshot: Snapshot, tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    shutil.copyfile(seed_snapshot.database, file)
    before = file.read_bytes()
    run_checks(file, {})
    assert file.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["warehouse.duckdb"]
