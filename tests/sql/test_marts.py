"""Marts and views: the same whatever the threads, the same numbers as the tables, no table read where a mart answers.

The corpus is made of random rows, enough of them that DuckDB works on them in parallel.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from pipeline.schema.tables import TABLES
from pipeline.warehouse.checks import run_check
from pipeline.warehouse.database import (
    build_database,
    create_queries,
    create_tables,
    export_results,
    literal,
    read_only,
)
from pipeline.warehouse.snapshots import Snapshot
from pipeline.warehouse.sql_files import all_queries, reads

WRITTEN = {name: query for name, query in all_queries().items() if query.is_written}
MARTS = sorted(query.name for query in all_queries().values() if query.kind == "marts")
ROW_COUNT = 260_000

#: What looks random and is always the same: a number below n, and an instant of a year or, every so often, none.
HELPERS = """
create temp macro pick(number, salt, n) as cast(hash(number, salt) % n as bigint);
create temp macro instant(number, salt, gap) as
    if(number % gap = 0, null, timestamp '2020-01-01' + to_milliseconds(pick(number, salt, 30000000000)));
"""
#: Rows of each table; columns that are left out are null.
CORPUS = {
    "providers": """
        select range as provider_id, 'p' || range || '.example' as domain, 'P' || range as name from range(60)""",
    "publishers": "select range as publisher_id, 'p' || range as publisher_key, 'P' || range as name from range(50)",
    "topics": "select range as topic_id, 'T' || range as name from range(20)",
    "articles": f"""
        select
            range as article_id, pick(range, 1, 60) as provider_id, pick(range, 2, 50) as publisher_id,
            instant(range, 3, 97) as published_at,
            cast(instant(range, 3, 97) as date) as published_date, 1 + pick(range, 4, 5) as entry_count,
            'word' || pick(range, 5, 9) || ' of title' as normalized_title, 'Excerpt, ' || range as excerpt
        from range({ROW_COUNT})""",
    "stories": f"""
        select range as story_id, range as document_id, range * 4 as lead_article_id, instant(range, 6, 89) as
            lead_published_at, cast(instant(range, 6, 89) as date) as lead_published_date
        from range({ROW_COUNT // 4})""",
    "story_articles": f"""
        select
            range // 4 as story_id, range as article_id, pick(range, 1, 60) as provider_id, pick(range, 2, 50) as
            publisher_id, instant(range, 7, 101) as published_at,
            cast(instant(range, 7, 101) as date) as published_date, if(range % 4 = 0, 'lead', 'listed') as membership
        from range({ROW_COUNT})""",
    "documents": f"""
        select
            range as document_id, 'head' as state, pick(range, 8, {ROW_COUNT}) as lead_article_id,
            pick(range, 1, 60) as provider_id,
            case pick(range, 9, 3) when 0 then true when 1 then false end as is_published,
            instant(range, 10, 83) as published_at,
            cast(instant(range, 10, 83) as date) as published_date
        from range({ROW_COUNT // 4})""",
    "document_topics": f"""
        select distinct range // 3 as document_id, pick(range, 11, 20) as topic_id from range({ROW_COUNT // 2})""",
    "related_links": f"""
        select
            range // 4 as document_id, 1 + range % 4 as position, pick(range, 1, 60) as provider_id,
            if(range % 79 = 0, null, pick(range, 12, 900000) - 300000) as lag_seconds,
            range % 50 = 0 as is_self_link, range % 30 = 0 as is_repeat
        from range({ROW_COUNT})""",
}

#: Each view that reads a mart, computed from the tables alone: view, columns, the same columns from the tables.
DIRECTLY = [
    (
        "share_of_voice",
        "provider_domain, article_count, total_article_count, share",
        "select domain, count(*), (select count(*) from articles), count(*) / (select count(*) from articles) "
        "from articles join providers using (provider_id) group by domain",
    ),
    (
        "share_of_voice_by_publisher",
        "publisher_key, article_count, share",
        "select publisher_key, count(*), count(*) / (select count(*) from articles) "
        "from articles join publishers using (publisher_id) group by publisher_key",
    ),
    (
        "concentration",
        "counted_by, population, unit_count, total_count, hhi",
        "with units as (select provider_id, publisher_id, entry_count from articles), counts as ("
        "select 'provider' as b, 'articles' as p, count(*) as n from units group by provider_id union all "
        "select 'provider', 'entries', sum(entry_count) from units group by provider_id union all "
        "select 'publisher', 'articles', count(*) from units group by publisher_id union all "
        "select 'publisher', 'entries', sum(entry_count) from units group by publisher_id) "
        "select b, p, count(*), sum(n), sum(n * n) / (sum(n) * sum(n)) from counts group by b, p",
    ),
    *(
        (
            f"coverage_by_{period}",
            "period_start, article_count",
            f"select cast(date_trunc('{period}', published_at) as date), count(*) "
            "from articles where published_at is not null group by 1",
        )
        for period in ("day", "week", "month")
    ),
    (
        "posting_rhythm",
        "weekday, hour, article_count",
        "select isodow(published_at), hour(published_at), count(*) from articles where published_at is not null "
        "group by 1, 2",
    ),
    (
        "topic_share",
        "topic, document_count, fractional_document_count, total_document_count",
        "select name, count(*), sum(part), (select count(distinct document_id) from document_topics) from "
        "(select topic_id, 1 / count(*) over (partition by document_id) as part from document_topics) "
        "join topics using (topic_id) group by name",
    ),
    (
        "topic_provider_share",
        "topic, provider_domain, article_count, total_article_count",
        "select distinct topics.name, domain, count(distinct article_id) over (partition by topic_id, domain), "
        "count(distinct article_id) over (partition by topic_id) from document_topics join topics using (topic_id) "
        "join documents using (document_id) join articles on lead_article_id = article_id "
        "join providers on articles.provider_id = providers.provider_id",
    ),
    *(
        (
            view,
            f"{name}, lag_count, ahead_count, p25_lag_minutes, median_lag_minutes, p75_lag_minutes, p90_lag_minutes",
            f"select units.{column}, count(*), count(*) filter (where lag_minutes < 0), "
            "quantile_cont(lag_minutes, 0.25), median(lag_minutes), "
            "quantile_cont(lag_minutes, 0.75), quantile_cont(lag_minutes, 0.9) "
            f"from publication_lag join {table} as units using ({key}) group by units.{column}",
        )
        for view, name, table, key, column in (
            ("publication_lag_by_provider", "provider_domain", "providers", "provider_id", "domain"),
            ("publication_lag_by_publisher", "publisher_key", "publishers", "publisher_id", "publisher_key"),
        )
    ),
    (
        "publication_lag_summary",
        "scope, lag_count, ahead_count, zero_count, p25_lag_minutes, median_lag_minutes, p90_lag_minutes, "
        "mean_lag_minutes",
        "with links as (select lag_seconds / 60 as m, is_self_link or is_repeat as again, is_published "
        "from related_links join documents using (document_id)), "
        "lags as (select 'stories' as s, lag_minutes as m from publication_lag union all "
        "select 'all documents', m from links where not again union all "
        "select 'published documents', m from links where not again and is_published union all "
        "select 'raw rows', m from links) "
        "select s, count(m), count(*) filter (where m < 0), count(*) filter (where m = 0), quantile_cont(m, 0.25), "
        "median(m), quantile_cont(m, 0.9), avg(m) from lags where m is not null group by s",
    ),
]

#: Tables that a view must not read, because a mart has the answer.
NOT_READ = {
    "share_of_voice": "articles",
    "share_of_voice_by_publisher": "articles",
    "coverage_by_day": "articles",
    "coverage_by_month": "articles",
    "posting_rhythm": "articles",
    "topic_share": "document_topics",
    "topic_provider_share": "documents",
    "publication_lag_summary": "related_links",
    "publication_lag_by_provider": "story_articles",
    "publication_lag_by_publisher": "story_articles",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The corpus as Parquet, table by table, its columns as the schema says."""
    folder = tmp_path_factory.mktemp("corpus")
    paths = {}
    with duckdb.connect() as connection:
        create_tables(connection)
        connection.execute(HELPERS)
        for name in TABLES:
            if name in CORPUS:
                connection.execute(f"insert into {name} by name {CORPUS[name]}")
            paths[name] = folder / f"{name}.parquet"
            connection.execute(f"copy {name} to {literal(str(paths[name]))} (format parquet)")
    return paths


@pytest.fixture(scope="module")
def database(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    file = tmp_path_factory.mktemp("database") / "warehouse.duckdb"
    build_database(file, files)
    with read_only(file) as connection:
        yield connection


@pytest.mark.slow
def test_marts_and_views_are_the_same_to_the_byte_whatever_the_threads(
    files: dict[str, Path], database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    written = {}
    for threads in (1, 2, 7):
        folder = tmp_path / str(threads)
        folder.mkdir()
        with duckdb.connect(str(folder / "warehouse.duckdb"), config={"threads": threads}) as connection:
            for name, file in files.items():
                connection.execute(f"create table {name} as from read_parquet({literal(str(file))})")
            create_queries(connection)
        files_of_results = export_results(folder / "warehouse.duckdb", folder)
        written[threads] = {name: file.read_bytes() for name, file in files_of_results.items()}
    assert sorted(written[1]) == sorted(WRITTEN)
    for name in WRITTEN:
        assert written[1][name] == written[2][name] == written[7][name], name


@pytest.mark.parametrize(("view", "columns", "directly"), DIRECTLY, ids=[view for view, _, _ in DIRECTLY])
def test_a_view_of_a_mart_equals_the_view_computed_from_the_tables(
    view: str, columns: str, directly: str, database: duckdb.DuckDBPyConnection
) -> None:
    found = sorted(database.execute(f"select {columns} from {view}").fetchall(), key=repr)
    wanted = sorted(database.execute(directly).fetchall(), key=repr)
    assert len(found) == len(wanted) > 1
    assert all(close(row, other) for row, other in zip(found, wanted, strict=True))


def close(row: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Numbers are equal to twelve digits, everything else is equal."""
    return all(
        a == (pytest.approx(b, rel=1e-12) if isinstance(b, float) else b) for a, b in zip(row, other, strict=True)
    )


def test_the_check_of_the_marts_holds_on_the_corpus(database: duckdb.DuckDBPyConnection) -> None:
    assert run_check(database, all_queries()["marts_agree_with_tables"]).sample == []


#: Views of a mart, and the macro that computes the same from the tables.
COMPUTED = {
    "share_of_voice": "share_of_voice_for(counted_by := 'provider', minimum_count := 1)",
    "share_of_voice_by_publisher": "share_of_voice_for(counted_by := 'publisher', minimum_count := 1)",
    "coverage_by_day": "coverage_over_time('day')",
    "coverage_by_week": "coverage_over_time('week')",
    "coverage_by_month": "coverage_over_time('month')",
    "posting_rhythm": "posting_rhythm_for()",
    "topic_share": "topic_share_for(minimum_count := 1)",
    "topic_provider_share": "topic_provider_share_for(minimum_count := 1)",
    "publication_lag_summary": "publication_lag_summary_for()",
    "publication_lag_by_provider": "publication_lag_by_provider_for(counted_by := 'provider', minimum_count := 1)",
    "publication_lag_by_publisher": "publication_lag_by_provider_for(counted_by := 'publisher', minimum_count := 1)",
}


@pytest.mark.parametrize(("view", "macro"), list(COMPUTED.items()))
def test_a_view_of_a_mart_has_the_rows_of_its_macro_in_their_order(
    view: str, macro: str, database: duckdb.DuckDBPyConnection
) -> None:
    columns = ", ".join(all_queries()[view].columns)
    from_mart = database.execute(f"select {columns} from {view}").fetchall()
    from_tables = database.execute(f"select {columns} from {macro}").fetchall()
    assert len(from_mart) == len(from_tables) > 1
    assert all(close(row, other) for row, other in zip(from_mart, from_tables, strict=True))


def test_macros_compute_and_read_no_mart() -> None:
    """Only the search needs a number that takes long to make and hardly changes."""
    reading = {q.name: reads(q) & set(MARTS) for q in all_queries().values() if q.kind == "macros"}
    assert {name: marts for name, marts in reading.items() if marts} == {"articles_matching": {"search_statistics"}}


def test_views_are_the_same_to_the_last_digit_whatever_the_threads(database: duckdb.DuckDBPyConnection) -> None:
    """Fractions that threads add up in the order of their arrival would not be."""
    views = sorted(query.name for query in all_queries().values() if query.kind == "views")
    answers = []
    try:
        for threads in (1, 7, 7):
            database.execute(f"set threads = {threads}")
            rows = "select count(*), bit_xor(hash(one_row)) from {} as one_row"
            answers.append({view: database.execute(rows.format(view)).fetchall() for view in views})
    finally:
        database.execute("reset threads")
    assert answers[0] == answers[1] == answers[2]


def scanned(database: duckdb.DuckDBPyConnection, source: str) -> set[str]:
    """Tables that DuckDB's plan reads."""
    [(_, plan)] = database.execute(f"explain (format json) from {source}").fetchall()
    return {name.rpartition(".")[2] for name in re.findall(r'"Table": "([^"]+)"', plan)}


@pytest.mark.parametrize(("view", "table"), list(NOT_READ.items()))
def test_where_a_mart_has_the_answer_no_table_is_read(
    view: str, table: str, database: duckdb.DuckDBPyConnection
) -> None:
    names = scanned(database, view)
    assert names & set(MARTS)
    assert table not in names


@pytest.mark.parametrize("name", WRITTEN)
def test_readers_of_parquet_find_each_mart_and_headline_view_with_its_meaning(
    name: str, seed_snapshot: Snapshot
) -> None:
    query = WRITTEN[name]
    file = seed_snapshot.folder / query.kind / f"{name}.parquet"
    frame = pl.read_parquet(file)
    assert frame.columns == list(query.columns)
    record = seed_snapshot.record
    assert frame.height == (record.marts | record.views)[name].row_count
    with read_only(seed_snapshot.database) as connection:
        assert frame.rows() == connection.execute(f"from {name}").fetchall()
    metadata = pq.read_schema(file).metadata
    assert metadata[b"description"].decode().startswith(query.question)
    assert json.loads(metadata[b"columns"]) == dict(query.columns)


def test_the_headline_views_are_those_whose_rows_are_bounded() -> None:
    """A view of stories, articles or pairs grows with the corpus; of these only the list of stories is written."""
    for query in all_queries().values():
        if query.kind == "views":
            grain = query.text("grain") or ""
            grows = bool(re.search(r"per (story|article|copy|pair|normalized title)\b", grain))
            assert query.is_written == (query.name == "top_stories" or not grows), (
                f"{query.path}: 'headline: true' stands in the comment of a view whose rows do not grow with the corpus"
            )


def test_a_mart_joined_with_its_dimensions_has_no_name_twice_but_the_key() -> None:
    for mart in MARTS:
        columns = set(all_queries()[mart].columns)
        for table, key in (("providers", "provider_id"), ("publishers", "publisher_id"), ("topics", "topic_id")):
            if key in columns:
                assert columns & set(TABLES[table].column_names) == {key}, (mart, table)
