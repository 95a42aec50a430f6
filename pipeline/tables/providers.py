"""Who hosts and who writes: `providers`, `provider_names`, `publishers`."""

from __future__ import annotations

import polars as pl

from pipeline.entries.identity import ascii_host
from pipeline.entries.keys import key
from pipeline.entries.words import folded_name
from pipeline.tables.steps import Parts

#: Stands in for the name of the provider of entries without a provider domain, so that totals stay whole.
UNKNOWN_NAME = "(unknown)"


def written_names(entries: pl.LazyFrame) -> pl.DataFrame:
    """One row per provider domain and name as written: provider_id, domain, provider_name_raw, entry_count,
    first_published_at, last_published_at. Not published as it is; the three tables here start from it.
    """
    return (
        entries.group_by("provider_id", "domain", "provider_name_raw")
        .agg(
            entry_count=pl.len().cast(pl.Int32),
            first_published_at=pl.col("published_at").min(),
            last_published_at=pl.col("published_at").max(),
        )
        .sort("domain", "provider_name_raw")
        .collect()
    )


def platform_of(domain: pl.Expr, platforms: pl.DataFrame) -> pl.Expr:
    """Domain of the platform that a host belongs to; null for any other host."""
    domains = sorted(platforms["domain"], key=len, reverse=True)
    return pl.coalesce(
        pl.when((domain == platform) | domain.str.ends_with(f".{platform}")).then(pl.lit(platform))
        for platform in domains
    )


def providers(names: pl.DataFrame, articles: pl.LazyFrame, platforms: pl.DataFrame) -> Parts:
    """Table `providers`. The display name is the most frequent one, of equally frequent ones the first by alphabet;
    that of a platform is reviewed, since a channel must not lend its name to all of YouTube."""
    platform = platform_of(pl.col("domain"), platforms)
    reviewed = platform.replace_strict(platforms["domain"], platforms["name"], default=None, return_dtype=pl.String)
    article_counts = articles.group_by("provider_id").agg(article_count=pl.len().cast(pl.Int32))
    return [
        names.lazy()
        .sort(pl.col("provider_name_raw").is_null(), -pl.col("entry_count"), "provider_name_raw")
        .group_by("provider_id", "domain", maintain_order=True)
        .agg(name=pl.col("provider_name_raw").first(), entry_count=pl.col("entry_count").sum())
        .join(article_counts, on="provider_id", how="left")
        .with_columns(
            name=pl.when(pl.col("domain").is_null())
            .then(pl.lit(UNKNOWN_NAME))
            .otherwise(pl.coalesce(reviewed, "name", "domain")),
            ascii_domain=pl.col("domain").map_batches(ascii_host, return_dtype=pl.String),
            kind=pl.when(platform.is_not_null()).then(pl.lit("platform")).otherwise(pl.lit("publisher")),
            article_count=pl.col("article_count").fill_null(0),
        )
    ]


def provider_names(names: pl.DataFrame) -> Parts:
    """Table `provider_names`."""
    return [
        names.lazy().select(
            "provider_id", "entry_count", "first_published_at", "last_published_at", name="provider_name_raw"
        )
    ]


def publisher_of_name(names: pl.DataFrame, platforms: pl.DataFrame) -> pl.DataFrame:
    """Who wrote what a provider carries under a name: provider_id, provider_name_raw, publisher_id, publisher_key,
    publisher_name, publisher_domain, entry_count, is_platform.

    On a platform the name tells: `X on MSN` means X, a channel's name means the channel, the platform's own brand means
    the platform. X is the one domain outside the platforms that carries that name in the corpus, else a publisher of
    its own. Elsewhere the domain is the publisher.
    """
    name = pl.col("provider_name_raw").str.strip_chars()
    author, brand = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.String)
    for domain, platform_name, author_pattern, brand_pattern in platforms.drop("note").iter_rows():
        is_this = pl.col("platform") == domain
        extracted = pl.coalesce(name.str.extract(author_pattern, 1), name) if author_pattern else name
        author = pl.when(is_this).then(extracted).otherwise(author)
        is_brand = is_this & (name.is_null() | author.str.contains(brand_pattern))
        brand = pl.when(is_brand).then(pl.lit(platform_name)).otherwise(brand)
    rows = names.with_columns(platform=platform_of(pl.col("domain"), platforms)).with_columns(
        author=author, brand=brand, is_platform=pl.col("platform").is_not_null()
    )
    rows = rows.with_columns(
        folded_author=folded_name(rows["author"]), folded_provider_name=folded_name(rows["provider_name_raw"])
    )
    own_domain = (
        rows.filter(~pl.col("is_platform") & pl.col("domain").is_not_null() & (pl.col("folded_provider_name") != ""))
        .group_by("folded_provider_name")
        .agg(own_domain=pl.col("domain").unique())
        .filter(pl.col("own_domain").list.len() == 1)
        .with_columns(pl.col("own_domain").list.first())
    )
    resolved = rows.join(
        own_domain, left_on="folded_author", right_on="folded_provider_name", how="left", maintain_order="left"
    ).with_columns(
        publisher_domain=pl.when(~pl.col("is_platform"))
        .then("domain")
        .when(pl.col("brand").is_not_null())
        .then("platform")
        .otherwise("own_domain")
    )
    # A name without letters or digits folds to nothing; it stands for itself then.
    by_name = pl.when(pl.col("folded_author") != "").then("folded_author").otherwise("author").fill_null("unknown")
    resolved = resolved.with_columns(publisher_key=pl.coalesce("publisher_domain", "name:" + by_name))
    return resolved.select(
        "provider_id",
        "provider_name_raw",
        "publisher_key",
        "publisher_domain",
        "entry_count",
        publisher_id=key("publisher", pl.col("publisher_key")),
        publisher_name=pl.when(pl.col("domain").is_null())
        .then(pl.lit(UNKNOWN_NAME))
        .when("is_platform")
        .then(pl.coalesce("brand", "author"))
        .otherwise("provider_name_raw"),
        is_platform="is_platform",
    )


def publishers(publisher_of_name: pl.DataFrame) -> Parts:
    """Table `publishers`. Named as on its own domain where it has one, else by its most frequent name on platforms."""
    return [
        publisher_of_name.lazy()
        .group_by("publisher_id", "publisher_key", "publisher_domain", "is_platform", "publisher_name")
        .agg(pl.col("entry_count").sum())
        .sort("is_platform", pl.col("publisher_name").is_null(), -pl.col("entry_count"), "publisher_name")
        .group_by("publisher_id", "publisher_key", "publisher_domain", maintain_order=True)
        .agg(name=pl.col("publisher_name").first())
        .select("publisher_id", "publisher_key", name=pl.coalesce("name", "publisher_key"), domain="publisher_domain")
    ]
