"""The tables: plain functions, Polars frames in, Polars frames out; one function per table, with the table's name.

`make_tables` is the order in which they are made. Texts stay in lazy frames; what is collected on the way are narrow
frames of keys and times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from pipeline import reference
from pipeline.tables import (
    articles,
    clocks,
    documents,
    findings,
    images,
    occurrences,
    providers,
    related_links,
    sources,
    stories,
    topics,
)
from pipeline.tables.steps import Make, Note, Parts, Steps, Write


@dataclass(frozen=True)
class Inputs:
    """What reading gave: one row per file, how many names of each source were not listed, and the frames of
    `entries.Fragment`, each in parts of some shards."""

    files: pl.DataFrame
    unlisted: Mapping[str, int]
    documents: Parts
    entries: Parts
    images: Parts
    topics: Parts
    findings: Parts
    rejected_documents: Parts


def make_tables(inputs: Inputs, write: Write) -> None:
    """Make all tables. `write` stores each and returns a frame that reads it, so that a table that another is made from
    is computed once."""
    _make_tables(inputs, Make(write))


def made_from() -> Mapping[str, tuple[str, ...]]:
    """Table -> what it is made from, in the order in which tables are made: other tables, `source_files` and reference
    files such as `platforms.csv`."""
    return _noted().made_from


def table_functions() -> Mapping[str, Callable[..., Any]]:
    """The function that makes each table."""
    return _noted().functions


@cache
def _noted() -> Note:
    note = Note()
    inputs = Inputs(
        files=note.given("source_files"),
        unlisted=note.given("source_files"),
        documents=note.given("source_files"),
        entries=note.given("source_files", "tracking_keys.csv"),
        images=note.given("source_files"),
        topics=note.given("source_files"),
        findings=note.given("source_files"),
        rejected_documents=note.given("source_files"),
    )
    _make_tables(inputs, note)
    return note


def _make_tables(inputs: Inputs, steps: Steps) -> None:
    platforms = steps.value(reference.platforms)
    clock_offsets = steps.value(reference.clock_offsets)

    entries_in_parts = steps.value(clocks.corrected, inputs.entries, clock_offsets)
    entries = steps.value(_whole, entries_in_parts)
    steps.value(articles.assert_keys_are_unique, entries)
    read_documents = steps.value(_whole, inputs.documents)
    read_images = steps.value(_whole, inputs.images)
    bullets = steps.value(_whole, inputs.topics)
    rejected_documents = steps.value(_whole, inputs.rejected_documents)

    names = steps.value(providers.written_names, entries)
    publisher_of_name = steps.value(providers.publisher_of_name, names, platforms)
    copies = steps.value(documents.copies, read_documents)
    all_occurrences = steps.value(occurrences.occurrences, read_documents, entries, publisher_of_name, copies)
    document_stories = steps.value(stories.document_stories, read_documents, all_occurrences, entries, copies)

    steps.table(sources.sources, inputs.files, inputs.unlisted)
    steps.table(documents.rejected_documents, rejected_documents)
    all_documents = steps.table(
        documents.documents, inputs.documents, entries_in_parts, all_occurrences, document_stories
    )
    steps.table(related_links.related_links, entries_in_parts, all_occurrences)
    all_articles = steps.table(articles.articles, all_occurrences, entries_in_parts)
    steps.table(articles.article_versions, all_occurrences, entries)
    steps.table(articles.article_urls, all_occurrences, entries)
    article_images = steps.table(images.article_images, all_occurrences, read_images)
    steps.table(images.images, read_images, article_images)
    steps.table(images.provider_images, read_images)
    steps.table(providers.providers, names, all_articles, platforms)
    steps.table(providers.provider_names, names)
    steps.table(providers.publishers, publisher_of_name)
    steps.table(topics.topics, bullets, copies)
    steps.table(topics.document_topics, bullets, copies)
    story_articles = steps.table(stories.story_articles, document_stories, all_occurrences)
    steps.table(stories.stories, document_stories, all_documents, story_articles)
    steps.table(clocks.clock_offsets, clock_offsets)
    clock_evidence = steps.table(
        clocks.clock_evidence, read_documents, entries, all_occurrences, all_articles, platforms
    )
    steps.table(
        findings.findings, inputs.findings, read_documents, all_articles, all_occurrences, copies, clock_evidence
    )


def _whole(parts: Parts) -> pl.LazyFrame:
    return pl.concat(parts)
