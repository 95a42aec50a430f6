"""The files of `sql/`: their comments tell the truth, their SQL keeps the house rules, errors name the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from pipeline.errors import BroadsheetError
from pipeline.schema.columns import COLUMNS
from pipeline.schema.tables import TABLES
from pipeline.settings import SQL_FOLDER
from pipeline.warehouse.database import read_only
from pipeline.warehouse.snapshots import Snapshot
from pipeline.warehouse.sql_files import Query, all_queries, read_query, reads

IN_DATABASE = [query for query in all_queries().values() if query.kind in ("views", "marts", "macros")]
WITH_COLUMNS = [query for query in IN_DATABASE if not query.is_scalar]

PROVIDER = "provider_id provider_domain provider_name"
PUBLISHER = "publisher_id publisher_key publisher_name"
LAG_QUANTILES = "p25_lag_minutes median_lag_minutes p75_lag_minutes p90_lag_minutes"

#: Names and columns that SQL, dashboards and notebooks are written against. They stay.
PUBLIC_TABLES = {
    "documents": "document_id source_name path content_hash byte_count state is_published heat "
    "quality category media_type "
    "title excerpt published_at published_at_raw published_at_precision lead_article_id provider_id related_count "
    "topic_count unknown_keys story_id",
    "rejected_documents": "source_name path reason detail line column_number byte_count",
    "findings": "rule severity document_id position detail",
    "articles": "article_id canonical_url url title normalized_title excerpt media_type provider_id "
    "publisher_id published_at "
    "published_at_raw quality has_amp image_count entry_count document_count first_document_id first_position",
    "article_versions": "article_id published_at title provider_id entry_count",
    "article_urls": "article_id url kind entry_count",
    "providers": "provider_id domain name kind entry_count article_count",
    "provider_names": "provider_id name entry_count first_published_at last_published_at",
    "publishers": "publisher_id publisher_key name domain",
    "topics": "topic_id name document_count",
    "document_topics": "document_id topic_id position",
    "related_links": "document_id position article_id lead_article_id provider_id published_at "
    "published_at_raw lag_seconds "
    "is_self_link is_repeat",
    "images": "image_id url width height is_cached",
    "article_images": "article_id image_id position",
    "stories": "story_id source_name document_id title state lead_article_id lead_provider_id lead_published_at "
    "article_count provider_count "
    "publisher_count first_published_at last_published_at",
    "story_articles": "story_id article_id provider_id publisher_id published_at document_id position membership",
    "clock_evidence": "kind provider_id document_id article_id offset_hours detail",
    "metrics": "name question definition grain denominator edge_cases example",
}
STORY = (
    "story_id title url lead_provider_id lead_provider_domain lead_provider_name published_at article_count "
    "provider_count first_mover_domain first_mover_name margin_minutes is_clock_safe lifespan_minutes source_name"
)
PUBLIC_VIEWS = {
    "share_of_voice": f"{PROVIDER} article_count total_article_count share share_low share_high",
    "share_of_voice_by_publisher": f"{PUBLISHER} article_count total_article_count share share_low share_high",
    "story_reach": f"{PROVIDER} story_count total_story_count reach reach_low reach_high source_reach "
    "fractional_credit fractional_share",
    "story_reach_by_publisher": f"{PUBLISHER} story_count total_story_count reach fractional_credit fractional_share",
    "lead_share": f"{PROVIDER} state document_count total_document_count share share_low share_high",
    "lead_share_by_publisher": f"{PUBLISHER} state document_count total_document_count share share_low share_high",
    "concentration": "counted_by population unit_count total_count hhi effective_number entropy_bits gini cr1 cr4",
    "publication_lag": f"story_id article_id {PROVIDER} lead_article_id lead_provider_id "
    "lead_published_at published_at "
    "lag_minutes is_same_provider is_clock_safe",
    "publication_lag_summary": f"scope lag_count ahead_count zero_count {LAG_QUANTILES} mean_lag_minutes",
    "publication_lag_by_provider": f"{PROVIDER} lag_count {LAG_QUANTILES} ahead_count ahead_share ahead_share_low "
    "ahead_share_high",
    "publication_lag_by_publisher": f"{PUBLISHER} lag_count {LAG_QUANTILES} ahead_count ahead_share",
    "first_mover": f"{PROVIDER} story_count first_credit first_rate first_rate_low first_rate_high "
    "clock_safe_story_count "
    "clock_safe_credit",
    "first_mover_by_publisher": f"{PUBLISHER} story_count first_credit first_rate clock_safe_story_count "
    "clock_safe_credit",
    "first_mover_by_story": f"story_id {PROVIDER} credit margin_minutes is_tied is_clock_safe",
    "behind_first": f"{PROVIDER} story_count median_behind_minutes p75_behind_minutes",
    "lead_lag": "provider_domain_a provider_domain_b story_count a_first_count b_first_count "
    "tie_count a_first_probability "
    "median_lead_minutes",
    "story_timing": "story_id article_count provider_count lifespan_minutes t50_minutes t90_minutes lead_gap_minutes",
    "lead_rate": f"{PROVIDER} story_count lead_count lead_rate lead_rate_low lead_rate_high",
    "co_coverage": "provider_domain_a provider_domain_b both_story_count either_story_count jaccard",
    "exclusives": f"{PROVIDER} exclusive_story_count story_count exclusive_rate exclusive_rate_low exclusive_rate_high",
    "coverage_gap": f"{PROVIDER} topic story_count topic_story_count reach reach_low reach_high overall_reach",
    "topic_share": "topic_id topic document_count fractional_document_count share",
    "topic_provider_share": f"topic {PROVIDER} article_count share share_low share_high",
    "coverage_by_day": "period_start article_count",
    "coverage_by_week": "period_start article_count",
    "coverage_by_month": "period_start article_count",
    "bursts": "week_start article_count baseline_mean z_score",
    "posting_rhythm": "weekday hour article_count",
    "syndication": "normalized_title article_count provider_count original_article_id first_published_at",
    "syndicated_articles": "delay_minutes url original_url",
    "near_duplicates": "article_id_a article_id_b provider_domain_a provider_domain_b jaccard is_identical "
    "delay_minutes url_a url_b",
    "quality_by_provider": f"{PROVIDER} article_count mean_quality median_quality",
    "amp_adoption": f"{PROVIDER} article_count amp_article_count amp_rate amp_rate_low amp_rate_high",
    "image_health": f"{PROVIDER} article_count without_image_count placeholder_count",
    "top_stories": STORY,
    "exclusive_stories": f"{PROVIDER} story_id title url published_at article_count source_name",
    "platform_articles": f"{PROVIDER} {PUBLISHER} article_count total_article_count share share_low share_high",
    "naive_against_correct": "metric naive_value correct_value naive_definition correct_definition",
}
#: What chooses, in the order in which every macro takes it.
FILTERS = "source topic query from_date to_date"
PUBLIC_MACROS = {
    "find_stories": ("text", STORY),
    "missed_stories_for": (f"provider {FILTERS} minimum_count", STORY),
    "share_over_time": (
        f"grain {FILTERS} counted_by top",
        "period_start unit article_count total_article_count share share_low share_high rank rank_change",
    ),
    "rising_words": (
        f"{FILTERS} minimum_count",
        "word word_count word_count_before total_word_count total_word_count_before log_likelihood",
    ),
    "pickup_network": (
        f"{FILTERS} counted_by minimum_count window_hours",
        "leader follower story_count median_delay_minutes",
    ),
    "influence": (f"{FILTERS} counted_by minimum_count window_hours", "unit influence_score rank rank_low rank_high"),
    "compare_sources": ("a b topic query from_date to_date", "metric value_a value_b definition"),
    "coverage_over_time": ("grain", "period_start article_count"),
    "story_timeline": (f"story {FILTERS}", "story_id title url story_title other_stories"),
    "story_curve": (f"story {FILTERS}", ""),
    "compare_providers": (f"a b {FILTERS}", "metric value_a value_b definition"),
    "search_articles": ("text provider source topic from_date to_date", "title url"),
}
#: Views whose macro of the same name with `_for` takes parameters, and the parameters that it takes.
PARAMETERS = {
    "share_of_voice": f"{FILTERS} counted_by minimum_count",
    "story_reach": f"{FILTERS} counted_by minimum_count",
    "concentration": FILTERS,
    "publication_lag_by_provider": f"{FILTERS} counted_by minimum_count",
    "first_mover": f"{FILTERS} counted_by minimum_count",
    "behind_first": f"{FILTERS} counted_by minimum_count",
    "exclusives": f"{FILTERS} counted_by minimum_count",
    "lead_lag": f"{FILTERS} minimum_count",
    "lead_rate": f"{FILTERS} minimum_count",
    "co_coverage": f"{FILTERS} minimum_count",
    "coverage_gap": f"{FILTERS} minimum_count",
    "lead_share": f"{FILTERS} counted_by minimum_count",
    "publication_lag_summary": f"provider {FILTERS}",
    "story_timing": f"{FILTERS} minimum_count",
    "topic_share": "provider source query from_date to_date minimum_count",
    "topic_provider_share": f"{FILTERS} minimum_count",
    "posting_rhythm": f"provider {FILTERS}",
    "quality_by_provider": f"{FILTERS} counted_by minimum_count",
    "amp_adoption": f"{FILTERS} counted_by minimum_count",
    "image_health": f"{FILTERS} counted_by minimum_count",
    "bursts": f"provider {FILTERS} minimum_count",
    "near_duplicates": FILTERS,
    "syndication": FILTERS,
    "syndicated_articles": FILTERS,
    "top_stories": f"{FILTERS} minimum_count",
    "exclusive_stories": f"provider {FILTERS} counted_by minimum_count",
    "platform_articles": f"{FILTERS} minimum_count",
}
#: Parts of a whole that is known in full: there is nothing to estimate.
WITHOUT_INTERVAL = {("story_curve", "article_share")}


def declared(query: Query) -> list[str]:
    """Names of a macro's parameters."""
    return [declaration.partition("=")[0].strip() for declaration in query.parameters]


def call(query: Query) -> str:
    """How a view, mart or table macro stands after `from`."""
    if query.kind != "macros":
        return query.name
    required = ["null" for text in query.parameters if "=" not in text]
    return f"{query.name}({', '.join(required)})"


def real_columns(connection: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    return [row[0] for row in connection.execute(f"describe from {source}").fetchall()]


def code_of(query: Query) -> str:
    """The SQL of a file without its texts and comments."""
    return re.sub(r"--[^\n]*", "", re.sub(r"'(?:[^']|'')*'", "''", query.select))


# Comments against the database --------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", WITH_COLUMNS, ids=lambda query: query.name)
def test_the_described_columns_are_the_real_ones_in_their_order(query: Query, seed_snapshot: Snapshot) -> None:
    with read_only(seed_snapshot.database) as connection:
        assert real_columns(connection, call(query)) == list(query.columns), query.path


def test_keys_bytes_and_differences_have_64_bits_and_all_other_whole_numbers_32(seed_snapshot: Snapshot) -> None:
    """In the database and in every Parquet file: tables, marts and views."""
    with read_only(seed_snapshot.database) as connection:
        types = connection.execute("select table_name, column_name, data_type from duckdb_columns() where not internal")
        columns = types.fetchall()
    files = sorted(seed_snapshot.folder.rglob("*.parquet"))
    assert {file.parent.name for file in files} == {seed_snapshot.folder.name, "marts", "views"}
    for file in files:
        described = duckdb.sql(f"describe from '{file}'").fetchall()
        columns += [(str(file.relative_to(seed_snapshot.folder)), name, data_type) for name, data_type, *_ in described]
    for table, column, data_type in columns:
        if data_type not in ("VARCHAR", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"):
            is_wide = re.search("_id(?:_[ab])?$|^byte_count$|_seconds$", column)
            assert data_type == ("BIGINT" if is_wide else "INTEGER"), f"{table}.{column}"


def test_the_example_of_every_view_mart_and_macro_runs_on_the_seed(seed_snapshot: Snapshot) -> None:
    with read_only(seed_snapshot.database) as connection:
        for query in IN_DATABASE:
            example = query.text("example")
            assert example, f"{query.path} has no example"
            assert query.name in example, f"{query.path}: the example does not use it"
            assert connection.execute(example).description, query.path


def test_every_comment_says_what_a_row_is() -> None:
    for query in IN_DATABASE:
        assert query.is_scalar or query.text("grain"), f"{query.path} has no grain"


def test_nothing_is_said_twice_about_a_column() -> None:
    """A comment does not repeat what the vocabulary says, and the vocabulary not what the schema says."""
    vocabulary = yaml.safe_load((SQL_FOLDER / "columns.yaml").read_text(encoding="utf-8"))
    assert set(vocabulary) & set(COLUMNS) == set()
    for query in IN_DATABASE:
        for name, meaning in query.header.get("columns", {}).items():
            known = vocabulary.get(name) or (COLUMNS[name].description if name in COLUMNS else None)
            assert meaning != known, f"{query.path}: leave out {name}, the meaning is known"


def test_every_name_of_the_vocabulary_is_used() -> None:
    used = {name for query in IN_DATABASE for name in (*query.columns, *declared(query))}
    for name in yaml.safe_load((SQL_FOLDER / "columns.yaml").read_text(encoding="utf-8")):
        assert any(other.endswith(name) if name.startswith("_") else other == name for other in used), name


def test_the_columns_of_checks_are_the_real_ones(seed_snapshot: Snapshot) -> None:
    with read_only(seed_snapshot.database) as connection:
        for query in all_queries().values():
            if query.kind == "checks":
                assert real_columns(connection, f"({query.select})") == list(query.columns), query.path


def test_every_object_of_the_database_has_a_comment(seed_snapshot: Snapshot) -> None:
    with read_only(seed_snapshot.database) as connection:
        objects = connection.execute(
            "select table_name, comment from duckdb_tables() where not internal union all "
            "select view_name, comment from duckdb_views() where not internal union all "
            "select function_name, comment from duckdb_functions() where not internal and function_type like '%macro'"
        ).fetchall()
        columns = connection.execute(
            "select table_name, column_name, comment from duckdb_columns() "
            "where not internal and table_name <> 'metrics'"
        ).fetchall()
    lazy = (f"{query.name}_of_text" for query in IN_DATABASE if query.header.get("lazy"))
    named = (query.name for query in IN_DATABASE)
    assert {name for name, _ in objects} == {*TABLES, "metrics", "text_forms", *named, *lazy}
    assert [name for name, comment in objects if not comment] == []
    assert [(table, column) for table, column, comment in columns if not comment] == []


def test_the_table_metrics_says_what_the_comments_say(seed_snapshot: Snapshot) -> None:
    keys = ("question", "definition", "grain", "denominator", "edge_cases", "example")
    with read_only(seed_snapshot.database) as connection:
        rows = connection.execute(f"select name, kind, {', '.join(keys)} from metrics order by name").fetchall()
    assert rows == [
        (query.name, query.kind.removesuffix("s"), *(query.text(key) for key in keys))
        for query in sorted(IN_DATABASE, key=lambda query: query.name)
    ]


# The catalog --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "columns"), list((PUBLIC_TABLES | PUBLIC_VIEWS).items()))
def test_public_tables_and_views_have_their_columns(name: str, columns: str, seed_snapshot: Snapshot) -> None:
    with read_only(seed_snapshot.database) as connection:
        assert set(columns.split()) - set(real_columns(connection, name)) == set()


@pytest.mark.parametrize(("name", "parameters", "columns"), [(name, *both) for name, both in PUBLIC_MACROS.items()])
def test_public_macros_have_their_parameters_and_columns(name: str, parameters: str, columns: str) -> None:
    query = all_queries()[name]
    assert declared(query)[: len(parameters.split())] == parameters.split()
    assert set(columns.split()) - set(query.columns) == set()


@pytest.mark.parametrize(("view", "parameters"), list(PARAMETERS.items()))
def test_views_have_a_macro_with_parameters(view: str, parameters: str) -> None:
    macro = all_queries()[f"{view}_for"]
    assert [name for name in declared(macro) if name in parameters.split()] == parameters.split()
    assert all("=" in declaration for declaration in macro.parameters), "all of them have a default"


def test_a_macro_has_the_columns_of_its_view() -> None:
    queries = all_queries()
    pairs = [(query, queries[f"{name}_for"]) for name, query in queries.items() if f"{name}_for" in queries]
    assert len(pairs) > 20
    for view, macro in pairs:
        assert set(view.columns) <= set(macro.columns), f"{macro.path} lacks columns of {view.path}"


# House rules --------------------------------------------------------------------------------------------------------


def rates(query: Query) -> Iterator[str]:
    """Columns that estimate a proportion."""
    for column in query.columns:
        if (
            re.fullmatch(r"(.*_)?(share|rate|reach|probability)", column)
            and (query.name, column) not in WITHOUT_INTERVAL
        ):
            yield column


def test_every_rate_comes_with_its_interval() -> None:
    found = [(query, rate) for query in WITH_COLUMNS for rate in rates(query)]
    assert len(found) > 30
    for query, rate in found:
        assert {f"{rate}_low", f"{rate}_high"} <= set(query.columns), f"{query.path}: {rate}"


def test_every_rate_of_a_view_is_checked_in_every_build() -> None:
    check = " ".join(all_queries()["rates_lie_inside_their_intervals"].select.split())
    for query in WITH_COLUMNS:
        for rate in rates(query) if query.kind == "views" else ():
            assert re.search(
                rf"select '{query.name}', {rate}\W[^;]*? from {query.name}(_for)?\b", check.replace(" as view_name", "")
            ), f"{query.name}.{rate} is not in {all_queries()['rates_lie_inside_their_intervals'].path}"


@pytest.mark.parametrize("query", all_queries().values(), ids=lambda query: query.name)
def test_sql_is_lower_case_names_its_columns_and_holds_no_path(query: Query) -> None:
    code = code_of(query)
    assert code == code.lower()
    assert not re.search(r"select\s+(distinct\s+)?(\w+\.)?\*", code), "name the columns"
    assert not re.search(r"\b((read_\w+|glob)\(|attach\b|copy\b)", code), "read tables and views, no files"
    if query.kind != "examples":  # their answers hold titles
        assert max(map(len, query.path.read_text(encoding="utf-8").splitlines())) <= 120
    assert not re.search(r"\.(parquet|csv|json|duckdb)\b", query.select)
    assert not re.search(r"(?<![\w*])/\w+/|\b[a-z]:\\\\", code)


@pytest.mark.parametrize("query", all_queries().values(), ids=lambda query: query.name)
def test_arguments_with_a_default_are_given_by_name(query: Query) -> None:
    """DuckDB before 1.4 takes them in no other way."""
    code = re.sub("'[^']*'", "''", query.select)
    for name, arguments in re.findall(r"\b(\w+)\(((?:[^()]|\([^()]*\))*)\)", code):
        if (macro := all_queries().get(name)) and macro.kind == "macros":
            required = [part for part in (macro.text("signature") or "").split(",") if part and "=" not in part]
            given = [part for part in re.sub(r"\([^()]*\)", "", arguments).split(",") if part.strip()]
            assert sum(":=" not in part for part in given) <= len(required), f"{query.path}: {name}"


def test_each_query_comes_after_those_that_it_reads() -> None:
    place = {name: number for number, name in enumerate(all_queries())}
    for query in all_queries().values():
        for name in reads(query):
            assert name not in place or place[name] < place[query.name], f"{query.name} reads {name}"


def test_what_a_query_reads_is_told_without_its_common_tables(tmp_path: Path) -> None:
    query = written(
        tmp_path / "views" / "x.sql",
        "with first_step as (select document_id from documents) "
        "select wilson(1, 2).low as low from first_step join stories using (document_id) "
        "where exists (from coverage_units('provider'))",
    )
    assert {"documents", "stories", "wilson", "coverage_units"} <= reads(query)
    assert "first_step" not in reads(query)


# Errors -------------------------------------------------------------------------------------------------------------


#: What the comment of a view must have.
VIEW = "chapter: When it appears\nquestion: what?\ngrain: one row\nexample: from x"
#: What the comment of a mart must have.
MART = VIEW.partition("\n")[2]


def written(path: Path, select: str, header: str = VIEW) -> Query:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"/*\n{header}\n*/\n{select}\n")
    return read_query(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select 1 as one", "begin the file with a comment"),
        ("/* question: [ */ select 1 as one", "the comment is not valid YAML"),
        (
            "/* only words */ select 1 as one",
            "the comment needs a line 'chapter: ...'; every file of sql/views has one",
        ),
        (f"/*\n{VIEW.partition(chr(10))[2]}\n*/ select 1 as one", "the comment needs a line 'chapter: ...'"),
        (f"/*\n{VIEW}\ngrian: one row\n*/ select 1 as one", "unknown keys in the comment: grian; files of sql/views"),
        (f"/*\n{VIEW}\nseverity: error\n*/ select 1 as one", "unknown keys in the comment: severity"),
        (f"/*\n{VIEW.replace('When', 'Where')}\n*/ select 1 as one", "there is no chapter 'Where it appears'; choose"),
    ],
)
def test_errors_of_a_file_name_it(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "views" / "x.sql"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(BroadsheetError, match=re.escape(message)) as error:
        read_query(file)
    assert str(file) in str(error.value)


@pytest.mark.parametrize(
    "rest",
    [
        "signature: a\nlazy: true",
        "signature: a, b\nreturns: bigint\nlazy: true",
        "signature: a = 1\nreturns: bigint\nlazy: true",
        "signature: a\nreturns: bigint\nlazy: one bigint",
        "signature: a, b\nlazy: one bigint",
    ],
)
def test_only_a_macro_of_one_parameter_that_says_its_types_is_lazy(rest: str, tmp_path: Path) -> None:
    with pytest.raises(BroadsheetError, match=r"macros/x\.sql: a macro of one parameter without a default can be lazy"):
        written(tmp_path / "macros" / "x.sql", "1", f"{VIEW}\n{rest}")


def test_a_lazy_macro_is_planned_only_for_what_is_not_null(tmp_path: Path) -> None:
    text = "(select max(id) from nowhere where name = typed)"
    macro = written(tmp_path / "macros" / "x.sql", text, f"{VIEW}\nlazy: true\nsignature: typed\nreturns: bigint")
    with duckdb.connect() as connection:
        connection.execute("create table nowhere as select 7 as id, 'it''s' as name")
        connection.execute(macro.create_statement)
        assert connection.sql("select x('it''s') as answer").fetchall() == [(7,)]
        connection.execute("drop table nowhere")
        assert connection.sql("select x(null) as answer").fetchall() == [(None,)]
        assert connection.sql("select x(null) as answer").types == ["BIGINT"]
        with pytest.raises(duckdb.CatalogException, match="nowhere"):
            connection.sql("select x('it''s')").fetchall()


def test_a_lazy_macro_of_a_table_has_its_columns_for_null_too(tmp_path: Path) -> None:
    text = "select id, name from nowhere where name = typed"
    header = f"{VIEW}\nlazy: id bigint, name varchar\nsignature: typed"
    macro = written(tmp_path / "macros" / "x.sql", text, header)
    with duckdb.connect() as connection:
        connection.execute("create table nowhere as select 7::bigint as id, 'it''s' as name")
        connection.execute(macro.create_statement)
        found = connection.sql("from x('it''s')")
        assert found.fetchall() == [(7, "it's")]
        connection.execute("drop table nowhere")
        nothing = connection.sql("from x(null)")
        assert nothing.fetchall() == []
        assert (nothing.columns, nothing.types) == (found.columns, found.types)
        with pytest.raises(duckdb.CatalogException, match="nowhere"):
            connection.sql("from x('it''s')").fetchall()


def test_the_types_of_lazy_macros_are_those_of_their_columns(empty_warehouse: duckdb.DuckDBPyConnection) -> None:
    for query in IN_DATABASE:
        if query.header.get("lazy") and not query.is_scalar:
            null, text = (empty_warehouse.sql(f"from {query.name}({value})") for value in ("null", "'a'"))
            assert (null.columns, null.types) == (text.columns, text.types), query.path


def test_a_file_in_another_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BroadsheetError, match="lies in none of the folders views, marts, macros, checks, examples"):
        written(tmp_path / "reports" / "x.sql", "select 1 as one")


def test_sql_that_does_not_parse_names_the_file(tmp_path: Path) -> None:
    written(tmp_path / "views" / "x.sql", "select from where")
    with pytest.raises(BroadsheetError, match=re.escape(str(tmp_path / "views" / "x.sql"))):
        all_queries(tmp_path)


def test_two_files_of_one_name_are_an_error_that_names_both(tmp_path: Path) -> None:
    written(tmp_path / "views" / "x.sql", "select 1 as one")
    written(tmp_path / "marts" / "x.sql", "select 2 as two", MART)
    with pytest.raises(BroadsheetError, match="two files have one name") as error:
        all_queries(tmp_path)
    assert "views/x.sql" in str(error.value)
    assert "marts/x.sql" in str(error.value)


def test_a_column_is_described_by_its_file_else_by_its_macro_else_by_the_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "columns.yaml").write_text("_low: lower end\nrow_count: rows\n")
    macro = f"{VIEW}\nsignature: topic = null\nparameters:\n  topic: which topic\ndefinition: as counted\n"
    select = "select rate, rate_low, row_count, story_id"
    written(
        tmp_path / "macros" / "a_for.sql", f"{select} from t where topic is null", f"{macro}columns:\n  rate: of all"
    )
    written(tmp_path / "views" / "a.sql", f"{select} from a_for()", f"{VIEW}\ncolumns:\n  row_count: rows of a")
    written(tmp_path / "macros" / "b_for.sql", "select story_id from a_for(topic)", f"{VIEW}\nsignature: topic = null")
    queries = all_queries(tmp_path)
    story_id = COLUMNS["story_id"].description
    assert queries["a_for"].columns == {
        "rate": "of all",
        "rate_low": "lower end",
        "row_count": "rows",
        "story_id": story_id,
    }
    assert queries["a"].columns == queries["a_for"].columns | {"row_count": "rows of a"}
    assert queries["a"].text("definition") == "as counted"
    assert queries["b_for"].parameters == {"topic = null": "which topic"}


def test_a_column_that_nothing_describes_is_an_error_that_names_it_and_the_file(tmp_path: Path) -> None:
    written(tmp_path / "views" / "x.sql", "select 1 as one")
    with pytest.raises(
        BroadsheetError, match=r"views/x\.sql: nothing says what 'one' means; describe it below 'columns:'"
    ):
        all_queries(tmp_path)


def test_a_description_of_no_column_is_an_error(tmp_path: Path) -> None:
    written(tmp_path / "views" / "x.sql", "select 1 as story_id", f"{VIEW}\ncolumns:\n  two: another")
    with pytest.raises(BroadsheetError, match=r"views/x\.sql: the comment describes 'two' below 'columns:'"):
        all_queries(tmp_path)


def test_a_circle_is_an_error_that_names_its_members(tmp_path: Path) -> None:
    written(tmp_path / "views" / "chicken.sql", "select one from egg")
    written(tmp_path / "marts" / "egg.sql", "select one from chicken", MART)
    with pytest.raises(BroadsheetError, match="in a circle") as error:
        all_queries(tmp_path)
    assert {"chicken", "egg"} <= set(re.findall(r"\w+", str(error.value)))


def test_the_folder_says_what_a_file_becomes(tmp_path: Path) -> None:
    header = f"{VIEW}\nsignature: minimum = 5"
    assert (
        written(tmp_path / "views" / "x.sql", "select 1 as one").create_statement == "create view x as select 1 as one"
    )
    assert (
        written(tmp_path / "marts" / "x.sql", "select 1 as one", MART).create_statement
        == "create table x as select 1 as one"
    )
    macro = written(tmp_path / "macros" / "x.sql", "select minimum as one", header)
    assert macro.create_statement == "create macro x(minimum := 5) as table select minimum as one"
    scalar = written(tmp_path / "macros" / "y.sql", "minimum + 1", f"{header}\nreturns: bigint")
    assert scalar.create_statement == "create macro y(minimum := 5) as minimum + 1"
    with duckdb.connect() as connection:
        connection.execute(macro.create_statement)
        connection.execute(scalar.create_statement)
        assert connection.execute("select one, y(minimum := 2) from x()").fetchall() == [(5, 3)]
