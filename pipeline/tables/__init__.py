"""The tables: plain functions, Polars frames in, Polars frames out; one function per table, with the table's name.

`all_tables` is the order in which they are made. Texts stay in lazy frames; what is collected on the way are narrow
frames of keys and times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from pipeline.tables import articles, clocks, documents, findings, providers, stories
from pipeline.tables.occurrences import occurrences


def all_tables(
    parts: Sequence[Mapping[str, pl.LazyFrame]], published: Mapping[str, pl.LazyFrame]
) -> Iterator[tuple[str, list[pl.LazyFrame]]]:
    """Each table's name and its rows, in the order in which the tables can be made.

    `parts` holds the lazy frames of `entries.Fragment`, some shards at a time. A table whose rows carry long texts
    comes in as many lazy frames, so that one part's texts are in memory at a time; any other comes in one. The caller
    stores each table before it asks for the next one and makes it readable in `published`, so that a table that another
    is made from is computed once.
    """
    fragment = {name: pl.concat([part[name] for part in parts]) for name in parts[0]}
    articles.assert_keys_are_unique(fragment["entries"])
    entries = clocks.corrected(fragment["entries"])
    entries_of_parts = [clocks.corrected(part["entries"]) for part in parts]
    names = providers.written_names(entries)
    publisher_of_name = providers.publisher_of_name(names)
    rows = occurrences(
        fragment["documents"], entries, publisher_of_name.select("provider_id", "provider_name_raw", "publisher_id")
    )
    lead_quality = entries.filter(pl.col("position") == 0).select("document_id", "quality")
    story_of_document = stories.document_stories(fragment["documents"], rows, lead_quality)

    yield "rejected_documents", [fragment["rejected_documents"]]
    yield (
        "documents",
        [
            documents.documents(part["documents"], part_entries, rows, story_of_document)
            for part, part_entries in zip(parts, entries_of_parts, strict=True)
        ],
    )
    yield "related_links", [documents.related_links(part, rows) for part in entries_of_parts]
    yield "articles", articles.articles(rows, entries_of_parts)
    yield "article_versions", [articles.article_versions(rows, entries)]
    yield "article_urls", articles.article_urls(rows, entries)
    yield "article_images", [articles.article_images(rows, fragment["images"])]
    yield "images", [articles.images(fragment["images"], published["article_images"])]
    yield "provider_images", [articles.provider_images(fragment["images"])]
    yield "providers", [providers.providers(names, published["articles"])]
    yield "provider_names", [providers.provider_names(names)]
    yield "publishers", [providers.publishers(publisher_of_name)]
    yield "topics", [documents.topics(fragment["topics"])]
    yield "document_topics", [documents.document_topics(fragment["topics"])]
    yield "story_articles", [stories.story_articles(story_of_document, rows)]
    yield "stories", [stories.stories(story_of_document, published["story_articles"])]
    yield "clock_offsets", [clocks.clock_offsets()]
    yield "clock_evidence", [clocks.clock_evidence(fragment["documents"], entries, rows, published["articles"])]
    yield "findings", [findings.findings(fragment["findings"], fragment["documents"], published["articles"], rows)]
