"""Which documents tell one story: `stories`, `story_articles` and the story of each document.

The rule, a partition of the documents, deterministic and independent of the order of input:

1. A document that is not folded is a story of its own; with related entries it is a head.
2. A folded document joins a head it is linked with: it lists the head's lead, or the head lists its lead. Among
   several: linked both ways first, then highest heat, earliest lead, smallest source name and path.
3. Folded documents linked with no head form groups, connected through their leads. The document with most distinct
   articles represents the group, then highest quality, earliest lead, smallest source name and path.
4. A story's articles are its head's (or representative's) list and the leads of the folded documents assigned to it; an
   article that occurs several times among these has the time of its earliest occurrence.

Links match on the article and a published_at within 24 hours: a publisher that corrects a minute does not tear a story
apart, and an evergreen address alone would join stories that lie years apart. Where an instant is not known, the days
have to be the same, or both unknown. A copy belongs to the story of the
document that it equals.
"""

from __future__ import annotations

import polars as pl

from pipeline.entries.keys import key
from pipeline.tables.steps import Parts

#: Times of one article that lie further apart are those of two versions.
_LINK_HOURS = 24


def document_stories(
    documents: pl.LazyFrame, occurrences: pl.DataFrame, entries: pl.LazyFrame, copies: pl.DataFrame
) -> pl.DataFrame:
    """Story of each document: document_id, story_id, story_document_id (head or representative), state,
    document_order. One row per document.
    """
    rows = occurrences.lazy().filter(~pl.col("is_copy"))
    lead_quality = entries.filter(pl.col("position") == 0).select("document_id", "quality")
    distinct_articles = rows.group_by("document_id").agg(distinct_article_count=pl.col("article_id").n_unique())
    facts = (
        documents.select("document_id", "heat", "related_count", "source_name", "path", "state")
        .join(
            rows.filter(~pl.col("is_related")).select(
                "document_id", "article_id", "published_at", "published_date", "document_order"
            ),
            on="document_id",
        )
        .join(distinct_articles, on="document_id")
        .join(lead_quality, on="document_id")
        .with_columns(is_folded=pl.col("state") == "folded")
        .collect()
    )
    links = _links(facts, occurrences)
    assigned = _assigned_to_heads(facts, links)
    unassigned = facts.filter("is_folded").join(assigned, on="document_id", how="anti")
    grouped = _grouped(unassigned, links)
    own = facts.filter(~pl.col("is_folded")).select("document_id", story_document_id="document_id")
    story_ids = facts.select(
        story_document_id="document_id", story_id=key("story", pl.concat_str("source_name", pl.lit("/"), "path"))
    )
    told = (
        pl.concat([own, assigned, grouped])
        .join(story_ids, on="story_document_id")
        .join(facts.select("document_id", "state", "document_order"), on="document_id")
    )
    copied = (
        copies.join(told.rename({"document_id": "original_document_id"}), on="original_document_id")
        .drop("original_document_id")
        .with_columns(state=pl.lit("copy"))
    )
    return pl.concat([told, copied.select(told.columns)])


def _links(facts: pl.DataFrame, occurrences: pl.DataFrame) -> pl.DataFrame:
    """Which document lists the lead of which: from_document_id, to_document_id; one row per pair of documents where at
    least one of the two is folded."""
    leads = facts.select(
        "article_id",
        lead_at="published_at",
        lead_date="published_date",
        to_document_id="document_id",
        to_is_folded="is_folded",
    )
    apart = (pl.col("published_at") - pl.col("lead_at")).abs()
    is_same_day = pl.col("published_date").eq_missing(pl.col("lead_date"))
    lister = facts.select("document_id", from_is_folded="is_folded")
    return (
        occurrences.lazy()
        .filter("is_related")
        .select("document_id", "article_id", "published_at", "published_date")
        .join(lister.lazy(), on="document_id")
        .join(leads.lazy(), on="article_id")
        .filter(
            (pl.col("document_id") != pl.col("to_document_id")) & (pl.col("from_is_folded") | pl.col("to_is_folded")),
            pl.when(apart.is_null()).then(is_same_day).otherwise(apart <= pl.duration(hours=_LINK_HOURS)),
        )
        .select("to_document_id", "from_is_folded", "to_is_folded", from_document_id="document_id")
        .unique()
        .collect()
    )


def _assigned_to_heads(facts: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Folded documents that are linked with a head: document_id, story_document_id."""
    lists_head = links.filter(pl.col("from_is_folded") & ~pl.col("to_is_folded")).select(
        document_id="from_document_id", story_document_id="to_document_id"
    )
    listed_by_head = links.filter(~pl.col("from_is_folded") & pl.col("to_is_folded")).select(
        document_id="to_document_id", story_document_id="from_document_id"
    )
    heads = facts.filter(~pl.col("is_folded") & (pl.col("related_count") > 0)).select(
        "heat", "published_at", "document_order", story_document_id="document_id"
    )
    return (
        pl.concat([lists_head, listed_by_head])
        .group_by("document_id", "story_document_id")
        .agg(direction_count=pl.len())
        .join(heads, on="story_document_id")
        .sort(
            "direction_count",
            "heat",
            "published_at",
            "document_order",
            descending=[True, True, False, False],
            nulls_last=True,
        )
        .unique("document_id", keep="first", maintain_order=True)
        .select("document_id", "story_document_id")
    )


def _grouped(folded: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Folded documents without a head, each with the representative of its group: document_id, story_document_id."""
    members = folded["document_id"].implode()
    edges = links.filter(pl.col("from_document_id").is_in(members) & pl.col("to_document_id").is_in(members))
    groups = _connected_components(folded["document_id"].to_list(), edges.select("from_document_id", "to_document_id"))
    labelled = folded.with_columns(group=pl.Series(groups, dtype=pl.Int64))
    representatives = (
        labelled.sort(
            "distinct_article_count",
            "quality",
            "published_at",
            "document_order",
            descending=[True, True, False, False],
            nulls_last=True,
        )
        .unique("group", keep="first", maintain_order=True)
        .select("group", story_document_id="document_id")
    )
    return labelled.join(representatives, on="group").select("document_id", "story_document_id")


def _connected_components(nodes: list[int], edges: pl.DataFrame) -> list[int]:
    """Label of each node's component, aligned to `nodes`. Union-find: near linear, whatever the shape of the graph."""
    parent = {node: node for node in nodes}

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for left, right in edges.iter_rows():
        first, second = root(left), root(right)
        parent[max(first, second)] = min(first, second)
    return [root(node) for node in nodes]


def story_articles(document_stories: pl.DataFrame, occurrences: pl.DataFrame) -> Parts:
    """Table `story_articles`: each article of a story once, with the entry kept and why it is in. The lead speaks for
    itself; of any other article the earliest entry is kept, of equally early ones the listed one."""
    members = document_stories.lazy().select("document_id", "story_id", "story_document_id")
    is_own = pl.col("document_id") == pl.col("story_document_id")
    membership = (
        pl.when(is_own & ~pl.col("is_related"))
        .then(pl.lit("lead"))
        .when(is_own)
        .then(pl.lit("listed"))
        .when(~pl.col("is_related"))
        .then(pl.lit("folded"))
    )
    entries = (
        occurrences.lazy()
        .filter(~pl.col("is_copy"))
        .join(members, on="document_id")
        .with_columns(membership=membership)
        .filter(pl.col("membership").is_not_null())
    )
    return [
        entries.sort(
            pl.col("membership") != "lead",
            "published_at",
            pl.col("membership") == "folded",
            "document_order",
            "position",
            nulls_last=True,
        ).unique(["story_id", "article_id"], keep="first", maintain_order=True)
    ]


def stories(document_stories: pl.DataFrame, documents: pl.LazyFrame, story_articles: pl.LazyFrame) -> Parts:
    """Table `stories`; source and title are those of the head or representative document."""
    document_counts = (
        document_stories.lazy()
        .filter(pl.col("state") != "copy")
        .group_by("story_id")
        .agg(document_count=pl.len().cast(pl.Int32))
    )
    heads = document_stories.lazy().filter(pl.col("document_id") == pl.col("story_document_id"))
    leads = story_articles.filter(pl.col("membership") == "lead").select(
        "story_id",
        lead_article_id="article_id",
        lead_provider_id="provider_id",
        lead_published_at="published_at",
        lead_published_date="published_date",
    )
    counts = story_articles.group_by("story_id").agg(
        article_count=pl.len().cast(pl.Int32),
        provider_count=pl.col("provider_id").n_unique().cast(pl.Int32),
        publisher_count=pl.col("publisher_id").n_unique().cast(pl.Int32),
        first_published_at=pl.col("published_at").min(),
        last_published_at=pl.col("published_at").max(),
    )
    return [
        heads.select("story_id", "document_id", "state")
        .join(documents.select("document_id", "source_name", "title"), on="document_id")
        .join(leads, on="story_id")
        .join(counts, on="story_id")
        .join(document_counts, on="story_id")
    ]
