"""Made-up corpora: the same bytes everywhere, upstream's layout, and answers that the real pipeline confirms."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner

from pipeline.build import build_warehouse
from pipeline.errors import InputError
from pipeline.reading.strict_subset import STRICT_SUBSET
from pipeline.samples import SHARD_SIZE, AnswerKey, generate_corpus
from pipeline.settings import PROJECT_FOLDER, Options
from pipeline.sources.folder import Folder
from pipeline.terminal.cli import main
from pipeline.warehouse.database import read_only
from pipeline.warehouse.snapshots import Warehouse
from tests.helpers import CORPORA

COUNT = 600
REAL_DOCUMENTS = CORPORA / "diablo4-sample"


@dataclass(frozen=True)
class Corpus:
    folder: Path
    texts: list[str]
    answers: dict[str, Any]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("generated") / "corpus"
    key = generate_corpus(COUNT, folder, seed=1, processes=1)
    texts = [file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*.md"))]
    return Corpus(folder, texts, json.loads(key.to_json()))


@pytest.fixture(scope="module")
def warehouse(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with built(corpus.folder, tmp_path_factory.mktemp("warehouse")) as connection:
        yield connection


@contextmanager
def built(documents: Path, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse of the documents, built by the real build; no check has offenders, not even as a warning."""
    snapshot = build_warehouse(Warehouse(folder), [Folder("made", documents)], Options(processes=1)).snapshot
    offenders = {name: outcome.offender_count for name, outcome in snapshot.record.checks.items()}
    assert not any(offenders.values()), offenders
    with read_only(snapshot.database) as connection:
        yield connection


def digest(folder: Path) -> str:
    """Names and bytes of all files below a folder."""
    found = hashlib.sha256()
    for file in sorted(folder.rglob("*.md")):
        content = file.read_bytes()
        found.update(f"{file.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()


# The same bytes -----------------------------------------------------------------------------------------------------


def test_count_and_seed_give_these_bytes_on_every_machine_and_python(tmp_path: Path) -> None:
    generate_corpus(100, tmp_path / "corpus", seed=7)
    # A change of the generator changes this; nothing else may.
    assert digest(tmp_path / "corpus") == "257fd4904b00dfea24496d55c74db8446cd2bae8615836bf1f04ee8bc63e80be"


def test_another_seed_gives_other_documents(tmp_path: Path) -> None:
    for seed in (1, 2, -1):
        generate_corpus(20, tmp_path / str(seed), seed)
    assert len({digest(folder) for folder in tmp_path.iterdir()}) == 3


def test_the_number_of_processes_changes_neither_bytes_nor_answers(tmp_path: Path) -> None:
    count = SHARD_SIZE + 200
    alone = generate_corpus(count, tmp_path / "alone", processes=1)
    together = generate_corpus(count, tmp_path / "together", processes=2)
    assert digest(tmp_path / "alone") == digest(tmp_path / "together")
    assert alone.to_json() == together.to_json()
    files = [len(list(folder.iterdir())) for folder in sorted((tmp_path / "alone").iterdir())]
    assert files == [SHARD_SIZE, 200]


@pytest.mark.parametrize("count", [1, 2, 13])
def test_exactly_as_many_documents_as_asked_for_are_written(tmp_path: Path, count: int) -> None:
    seen: list[int] = []
    key = generate_corpus(count, tmp_path / "corpus", progress=seen.append)
    assert len(list((tmp_path / "corpus").rglob("*.md"))) == count
    assert key.totals["document_count"] == sum(key.states.values()) == count
    assert seen == [count]


# Answers ------------------------------------------------------------------------------------------------------------

NUMBERS = {
    "document_count": "select count(*) from documents",
    "byte_count": "select sum(byte_count) from documents",
    "entry_count": "select sum(entry_count) from articles",
    "related_link_count": "select count(*) from related_links",
    "repeat_count": "select count(*) from related_links where is_repeat",
    "self_link_count": "select count(*) from related_links where is_self_link",
    "article_count": "select count(*) from articles",
    "article_version_count": "select count(*) from article_versions",
    "story_count": "select count(*) from stories",
    "story_article_count": "select count(*) from story_articles",
    "articles_without_story": "select count(*) from articles anti join story_articles using (article_id)",
    "file_name_clock_evidence_count": "select count(*) from clock_evidence where kind = 'file_name'",
    "provider_count": "select count(*) from providers",
    "provider_name_count": "select count(*) from provider_names",
    "publisher_count": "select count(*) from publishers",
    "topic_count": "select count(*) from topics",
    "first_mover_story_count": "select count(distinct story_id) from first_mover_by_story",
    "exclusive_story_count": "select count(*) from stories where provider_count = 1",
}
TABLES = {
    "documents_by_state": "select state, count(*) from documents group by state",
    "findings_by_rule": "select rule, count(*) from findings group by rule",
    "topics": "select topic, document_count from topic_share",
}
PROVIDERS = """
    select
        coalesce(share_of_voice.provider_domain, '(unknown)'),
        share_of_voice.article_count,
        providers.entry_count,
        exclusives.story_count,
        exclusives.exclusive_story_count,
        coalesce(first_mover.first_credit, 0)
    from share_of_voice
    join providers using (provider_id)
    join exclusives using (provider_id)
    left join first_mover using (provider_id)
"""


@pytest.mark.parametrize("name", NUMBERS)
def test_each_number_is_what_the_pipeline_counts(
    corpus: Corpus, warehouse: duckdb.DuckDBPyConnection, name: str
) -> None:
    assert warehouse.execute(NUMBERS[name]).fetchall() == [(corpus.answers[name],)]


@pytest.mark.parametrize("name", TABLES)
def test_each_table_is_what_the_pipeline_counts(
    corpus: Corpus, warehouse: duckdb.DuckDBPyConnection, name: str
) -> None:
    assert dict(warehouse.execute(TABLES[name]).fetchall()) == corpus.answers[name]


def test_lags_are_those_of_the_publication_lag_summary(corpus: Corpus, warehouse: duckdb.DuckDBPyConnection) -> None:
    check_lags(corpus.answers, warehouse)


def test_each_provider_has_its_articles_stories_and_credit(
    corpus: Corpus, warehouse: duckdb.DuckDBPyConnection
) -> None:
    check_providers(corpus.answers, warehouse)


def test_no_answer_is_left_unchecked(corpus: Corpus) -> None:
    assert corpus.answers.keys() == {"count", "seed", "publication_lag", "providers", *NUMBERS, *TABLES}


def test_all_answers_hold_over_several_shards(tmp_path: Path) -> None:
    key = generate_corpus(SHARD_SIZE + 3_000, tmp_path / "corpus", seed=11, processes=1)
    answers = json.loads(key.to_json())
    with built(tmp_path / "corpus", tmp_path / "warehouse") as connection:
        numbers = {name: connection.execute(query).fetchall()[0][0] for name, query in NUMBERS.items()}
        tables = {name: dict(connection.execute(query).fetchall()) for name, query in TABLES.items()}
        assert numbers | tables == {name: answers[name] for name in (*NUMBERS, *TABLES)}
        check_lags(answers, connection)
        check_providers(answers, connection)


def check_lags(answers: dict[str, Any], connection: duckdb.DuckDBPyConnection) -> None:
    expected = answers["publication_lag"]
    query = f"select {', '.join(expected)} from publication_lag_summary where scope = 'stories'"
    assert connection.execute(query).fetchone() == pytest.approx(tuple(expected.values()))


def check_providers(answers: dict[str, Any], connection: duckdb.DuckDBPyConnection) -> None:
    found = {domain: numbers for domain, *numbers in connection.execute(PROVIDERS).fetchall()}
    expected = {
        domain: [float(Fraction(value)) for value in answer.values()] for domain, answer in answers["providers"].items()
    }
    assert found.keys() == expected.keys()
    assert [domain for domain in expected if found[domain] != pytest.approx(expected[domain])] == []


def test_nothing_is_rejected_and_no_key_is_unknown(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.execute("from rejected_documents").fetchall() == []
    assert warehouse.execute("select path from documents where unknown_keys is not null").fetchall() == []


def test_findings_are_of_the_intended_kinds_only(warehouse: duckdb.DuckDBPyConnection) -> None:
    rules = {rule for (rule,) in warehouse.execute("select distinct rule from findings").fetchall()}
    assert rules == {
        "domain_spelling",
        "empty_topic",
        "missing_address",
        "missing_provider",
        "missing_time",
        "repeated_topic",
        "suspect_same_path",
    }


def test_answers_of_shards_add_up_in_any_order(tmp_path: Path) -> None:
    parts = [generate_corpus(50, tmp_path / str(seed), seed) for seed in range(3)]
    forward, backward = AnswerKey(150), AnswerKey(150)
    for part in parts:
        forward.add(part)
    for part in reversed(parts):
        backward.add(part)
    assert forward.to_json() == backward.to_json()
    assert forward.totals["document_count"] == 150


def test_quantiles_of_lags_interpolate_and_are_null_without_lags() -> None:
    key = AnswerKey()
    assert key.lag_quantile_minutes(1, 2) is None
    key.lag_seconds.update([-60, 0, 0, 600])
    assert key.lag_quantile_minutes(1, 2) == 0
    assert key.lag_quantile_minutes(1, 4) == -0.25
    assert key.lag_quantile_minutes(9, 10) == pytest.approx(7)
    assert key.lag_quantile_minutes(1, 1) == 10


# What is in it ------------------------------------------------------------------------------------------------------

IN_TEXT = {
    "an escaped quote": r'^ *-? *title: ".*\\"',
    "an escaped backslash": r'^ *excerpt: ".*\\\\',
    "an entity": r'^ *-? *title: ".*&amp; Co',
    "an entity escaped twice": r'^ *excerpt: ".*&amp;#39;',
    "text that is not ASCII": r'^ *-? *title: ".*Ω',
    "a provider that is not ASCII": r"^ *name: Café ",
    "a lone published head": r"\nheat: \d+\npublished: true\n(?:(?!related:).*\n)*---",
    "a folded document": r"\nheat: -1\npublished: false\n",
    "a suppressed document": r"\nheat: \d+\npublished: false\n",
    "a document without published": r"\ntype: article\n\n",
    "a video without published": r"\ntype: video\n\nfeaturedContent: \"<iframe width=\\\"",
    "a lead without quality": r"\ntype: article\nheat: ",
    "a related entry without quality": r"\n      domain: .*\n(?:    images|  - |\n)",
    "a related entry without images": r"\n    quality: \d+\n(?:  - |\n)",
    "a related entry without time": r"\n    excerpt: .*\n    (?:webUrl|type): ",
    "a related entry without domain": r"\n      name: .*\n    ",
    "a lead without images": r"\ntopics:\n(?:  - .*\n)+\n(?:related|secured):",
    "a lead without topics": r"\nprovider:\n(?:  .*\n)+\n(?:images|related|secured):",
    "a lead without domain": r"\nprovider:\n  name: .*\n(?:  images|\n)",
    "a lead without originalUrl": r"\npublishedDateTime: .*\nwebUrl: ",
    "an empty bullet": r"\n  - \n",
    "a video with an empty address": r'\n    webUrl: ""\n    type: video\n',
    "a video with no address": r"\n    publishedDateTime: .*\n    type: video\n",
    "a video under its short address": r'\n    webUrl: "https://youtu\.be/',
    "AMP addresses": r'\n    ampWebUrl: ".*"\n    cdnAmpWebUrl: "https://[^/.]+\.cdn\.ampproject\.org/c/s/',
    "a tracking key": r'\n    webUrl: ".*[?&]utm_source=',
    "a tracking key behind an entity": r'\n    webUrl: ".*&amp;utm_campaign=',
    "a fragment": r'\n    webUrl: ".*#comments"',
    "an address in the AMP cache": r'\n    webUrl: "https://[^/]+\.cdn\.ampproject\.org/',
    "an image with title": r"\n    isCached: (?:true|false)\n    title: ",
    "an image without title": r"\n    isCached: (?:true|false)\n\n",
    "a second image": r"\n    isCached: true\n(?:    title: .*\n)?  - url: ",
    "a logo": r"\n  images:\n    - url: .*\n      width: 50\n",
    "a domain with www": r"\n *domain: www\.",
    "a copy on MSN": r"\n *name: .* on MSN\.com\n *domain: (?:www\.)?msn\.com\n",
    "a copy on MSN, named otherwise": r"\n *name: .* on MSN\n",
    "a copy on Yahoo": r"\n *name: .* on Yahoo\n",
    "an encrypted body": r'\n\nsecured: "[A-Za-z0-9+/]{340,}=*;[A-Za-z0-9+/]+=*"\n---\n\n\Z',
}
IN_WAREHOUSE = {
    "an early member that the head leaves out": """
        from story_articles join stories using (story_id)
        where membership = 'folded' and state = 'head' and published_at < lead_published_at""",
    "a story of folded documents": "from stories where state = 'folded'",
    "a folded document linked with two heads": """
        select folded.document_id
        from documents as folded
        join related_links as links using (document_id)
        join documents as heads on heads.lead_article_id = links.article_id
            and heads.published_at = links.published_at
        where folded.state = 'folded' and heads.state <> 'folded' and heads.related_count > 0
        group by folded.document_id having count(distinct heads.document_id) = 2""",
    "a folded document in a suppressed one's story": """
        from documents join stories using (story_id)
        where documents.state = 'folded' and stories.state = 'suppressed'""",
    "an evergreen page": """
        select article_id from article_versions group by article_id
        having max(published_at) - min(published_at) > interval 90 days""",
    "an evergreen page with two stories": "select lead_article_id from stories group by all having count(*) > 1",
    "a repeat under another address": "from related_links where is_repeat and not is_self_link",
    "a self-link": "from related_links where is_self_link",
    "first together": "from first_mover_by_story where is_tied",
    "a story of several articles by one provider": "from stories where article_count > 1 and provider_count = 1",
    "a story of thirty articles": "from stories where article_count >= 30",
    "a video that is known by the lead of another document": """
        from related_links join articles using (article_id)
        where related_links.web_url is null and articles.canonical_url is not null""",
    "a video that no document leads with": "from articles where canonical_url is null",
    "an author on a platform known by another domain": """
        from story_articles join providers using (provider_id) join publishers using (publisher_id)
        where providers.kind = 'platform' and publishers.domain is not null""",
    "an author known on a platform only": "from publishers where publisher_key like 'name:%'",
    "a provider with two names": "select provider_id from provider_names group by all having count(*) > 1",
    "a clock that is behind": "from clock_evidence where offset_hours in (-7, -8)",
    "several years": """
        select 1 from documents having max(published_at) - min(published_at) > interval 2 years""",
}


@pytest.mark.parametrize("what", IN_TEXT)
def test_a_few_hundred_documents_hold(corpus: Corpus, what: str) -> None:
    pattern = re.compile(IN_TEXT[what], re.MULTILINE)
    assert any(pattern.search(text) for text in corpus.texts)


@pytest.mark.parametrize("what", IN_WAREHOUSE)
def test_a_few_hundred_documents_make(warehouse: duckdb.DuckDBPyConnection, what: str) -> None:
    assert warehouse.execute(IN_WAREHOUSE[what]).fetchall()


def test_every_document_is_in_the_regular_layout(corpus: Corpus) -> None:
    assert pl.Series(corpus.texts).str.contains(STRICT_SUBSET).all()


def test_documents_are_as_large_as_real_ones_and_sizes_are_uneven(corpus: Corpus) -> None:
    assert 2_500 < corpus.answers["byte_count"] / COUNT < 6_000
    counts = sorted(provider["article_count"] for provider in corpus.answers["providers"].values())
    assert counts[-1] > 20 * counts[len(counts) // 2]


def test_heat_is_quality_and_twenty_for_each_related_entry(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert (
        warehouse.execute(
            "select path from documents where state in ('head', 'suppressed') "
            "and heat <> coalesce(quality, 0) + 20 * related_count"
        ).fetchall()
        == []
    )


def test_addresses_lead_to_nobody(corpus: Corpus) -> None:
    """Hosts are reserved for examples, or platforms that the rules name, with identifiers that say what they are."""
    for address in set(re.findall(r'https?://([^"\\]+)', "\n".join(corpus.texts))):
        host = address.partition("/")[0]
        if host.endswith(("youtube.com", "youtu.be", "msn.com", "yahoo.com")):
            assert "made" in address
        elif host.endswith(".cdn.ampproject.org"):
            assert re.search(r"-(?:example|test|example-com|example-org|msn-com|yahoo-com)\.cdn", host)
        else:
            assert re.search(r"\.(?:example|test|example\.com|example\.org)$", host), address


def test_the_layout_is_that_of_real_documents(corpus: Corpus) -> None:
    if not REAL_DOCUMENTS.exists():
        pytest.skip(f"the shared corpora are not here: {REAL_DOCUMENTS}")
    seed = next((PROJECT_FOLDER / "seeds").glob("*.txt"))
    real = [file.read_text(encoding="utf-8") for file in [seed, *sorted(REAL_DOCUMENTS.glob("*.md"))]]
    assert line_forms(corpus.texts) <= line_forms(real)
    order, made_order = key_order(real), key_order(corpus.texts)
    assert not {(second, first) for first, second in made_order} & order


def line_forms(texts: Iterable[str]) -> set[tuple[str, str]]:
    """Indent, bullet and key of each line, with the kind of its value: quoted, plain, or none."""
    lines = {line for text in texts for line in text.split("\n")}
    return {
        (match[1], '"' if match[2].startswith('"') else "plain" if match[2] else "")
        for line in lines
        if (match := re.match(r"((?: *- )? *(?:[A-Za-z]+:)?)(?: ?)(.*)$", line))
    }


def key_order(texts: Iterable[str]) -> set[tuple[str, str]]:
    """Which key stands before which in one mapping: of the document, or of an item of its lists."""
    found: set[tuple[str, str]] = set()
    for text in texts:
        mappings = [re.findall(r"^[A-Za-z]+:", text, re.MULTILINE)]
        mappings += [re.findall(r"^    [A-Za-z]+:", item, re.MULTILINE) for item in text.split("\n  - ")[1:]]
        found |= {pair for keys in mappings for pair in combinations(keys, 2)}
    return found


# Wrong input --------------------------------------------------------------------------------------------------------


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("kept")
    with pytest.raises(InputError, match="is not an empty folder"):
        generate_corpus(10, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.md"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(InputError, match="is not an empty folder"):
        generate_corpus(10, tmp_path / "file")


def test_an_empty_folder_and_missing_parents_are_fine(tmp_path: Path) -> None:
    generate_corpus(3, tmp_path)
    generate_corpus(3, tmp_path / "some" / "where")
    assert digest(tmp_path / "some" / "where") != digest(tmp_path)
    assert len(list((tmp_path / "some" / "where").rglob("*.md"))) == 3


def test_no_documents_cannot_be_generated(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give a number from 1"):
        generate_corpus(0, tmp_path / "corpus")


def test_the_command_writes_documents_and_answers(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    result = CliRunner().invoke(
        main, ["generate", "30", str(tmp_path / "corpus"), "--seed", "5", "--answer-key", str(answers)]
    )
    assert (result.exit_code, result.output) == (0, f"30 documents written to {tmp_path / 'corpus'}\n")
    assert json.loads(answers.read_text(encoding="utf-8"))["document_count"] == 30
    assert answers.read_text(encoding="utf-8") == generate_corpus(30, tmp_path / "again", seed=5, processes=1).to_json()
