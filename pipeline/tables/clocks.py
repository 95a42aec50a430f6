"""Whose clock is off: `clock_evidence`, and the optional correction of times that users may set.

Some sources write US Pacific local time and call it UTC. Nothing is corrected by default; the evidence is kept, and the
timing views say which verdicts survive a clock error of eight hours.
"""

from __future__ import annotations

import polars as pl

from pipeline.entries.words import words
from pipeline.tables.providers import platform_of
from pipeline.tables.steps import Parts

#: The zone whose local time is found in the place of UTC.
_SUSPECTED_ZONE = "America/Los_Angeles"
#: Hour of the written time from which on the Pacific evening is already the next day in UTC.
_EVENING_HOUR = 16
#: A clock inside an address counts as evidence when it is off by the zone's offset, give or take this much.
_TOLERANCE_MINUTES = 20
#: A copy may be this much older than its original before it says anything about clocks.
_COPY_MINIMUM_MINUTES = 30
_COPY_MAXIMUM_HOURS = 12
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NUMBERS = {name: str(number) for number, name in enumerate(_MONTHS, start=1)}
#: A page may be published a day or two after its address was made.
_ADDRESS_TOLERANCE_DAYS = 2


def corrected(entries: Parts, offsets: pl.DataFrame) -> Parts:
    """Entries with `published_at` and its day corrected by the offsets that users have set; as they are without any."""
    corrected_at = pl.col("published_at")
    for domain, from_date, to_date, hours in offsets.select(
        "domain", "from_date", "to_date", "offset_hours"
    ).iter_rows():
        applies = pl.col("domain") == domain
        if from_date is not None:
            applies &= pl.col("published_at").dt.date() >= from_date
        if to_date is not None:
            applies &= pl.col("published_at").dt.date() <= to_date
        corrected_at = (
            pl.when(applies)
            .then(pl.col("published_at") - pl.duration(microseconds=round(hours * 3_600_000_000)))
            .otherwise(corrected_at)
        )
    if offsets.is_empty():
        return entries
    corrected_date = pl.coalesce(corrected_at.dt.date(), "published_date")
    return [part.with_columns(published_at=corrected_at, published_date=corrected_date) for part in entries]


def clock_offsets(offsets: pl.DataFrame) -> Parts:
    """Table `clock_offsets`: the corrections that were applied."""
    return [offsets.lazy().rename({"note": "detail"})]


def clock_evidence(
    documents: pl.LazyFrame,
    entries: pl.LazyFrame,
    occurrences: pl.DataFrame,
    articles: pl.LazyFrame,
    platforms: pl.DataFrame,
) -> Parts:
    """Table `clock_evidence`, of four kinds.

    * `file_name`: the file is named after the day that follows the written one, and the time is an evening's: the
      writer's local evening was the next day in UTC. The offset is that of US Pacific time on that day.
    * `url`: the address holds a clock (`-182658804.html` is 18:26:58), and the written time is off by the offset of US
      Pacific time on that day.
    * `copy`: a platform's copy is dated before the original on its publisher's own domain; the offset is the
      difference.
    * `address_date`: the address holds a day or a month that the written day is more than two days off; the offset is
      what lies between.
    """
    originals = occurrences.lazy().filter(~pl.col("is_copy"))
    kinds = [
        _file_names(documents, originals),
        _addresses(entries, originals),
        _copies(articles, entries, platforms),
        _address_dates(articles),
    ]
    return [pl.concat(kinds)]


def _zone_offset_hours(instant: pl.Expr) -> pl.Expr:
    """Hours by which the suspected zone's clock is ahead of UTC (-8 or -7), the written time taken as local."""
    local = instant.dt.replace_time_zone(_SUSPECTED_ZONE, ambiguous="earliest", non_existent="null")
    return (local.dt.base_utc_offset() + local.dt.dst_offset()).dt.total_minutes() / 60


def _file_names(documents: pl.LazyFrame, occurrences: pl.LazyFrame) -> pl.LazyFrame:
    named = documents.select(
        "document_id",
        "path",
        file_date=pl.col("path")
        .str.extract(r"(?:^|/)([0-9]{4}-[0-9]{2}-[0-9]{2})[^/]*$")
        .str.to_date("%Y-%m-%d", strict=False),
    ).filter(pl.col("file_date").is_not_null())
    leads = occurrences.filter(~pl.col("is_related")).select("document_id", "provider_id", "article_id", "published_at")
    written = pl.col("published_at")
    return (
        named.join(leads, on="document_id")
        .filter((pl.col("file_date") == written.dt.date().dt.offset_by("1d")) & (written.dt.hour() >= _EVENING_HOUR))
        .select(
            pl.lit("file_name").alias("kind"),
            "provider_id",
            "document_id",
            "article_id",
            offset_hours=_zone_offset_hours(written),
            detail=pl.format(
                "the file is named {}, the time written is {}", "file_date", written.dt.strftime("%Y-%m-%d %H:%M")
            ),
        )
    )


def _addresses(entries: pl.LazyFrame, occurrences: pl.LazyFrame) -> pl.LazyFrame:
    clock = pl.col("canonical_url").str.extract_groups(
        r"-(?<hour>[01][0-9]|2[0-3])(?<minute>[0-5][0-9])(?<second>[0-5][0-9])[0-9]{3}\.html$"
    )
    seconds = sum(
        (
            pl.col("clock").struct.field(name).cast(pl.Int64) * factor
            for name, factor in (("hour", 3600), ("minute", 60), ("second", 1))
        ),
        start=pl.lit(0),
    )
    written = pl.col("published_at")
    day = 24 * 3600
    written_seconds = (
        written.dt.hour().cast(pl.Int64) * 3600 + written.dt.minute().cast(pl.Int64) * 60 + written.dt.second()
    )
    rows = (
        entries.select("document_id", "position", "canonical_url", clock=clock)
        .filter(pl.col("clock").struct.field("hour").is_not_null())
        .with_columns(url_seconds=seconds)
        .join(
            occurrences.select("document_id", "position", "article_id", "provider_id", "published_at"),
            on=["document_id", "position"],
        )
        .filter(written.is_not_null())
        .with_columns(
            difference=(written_seconds - pl.col("url_seconds") + day // 2) % day - day // 2,
            offset_hours=_zone_offset_hours(written),
        )
        .filter((pl.col("difference") - pl.col("offset_hours") * 3600).abs() <= _TOLERANCE_MINUTES * 60)
    )
    return (
        rows.sort("published_at", "document_id", "position")
        .unique("article_id", keep="first", maintain_order=True)
        .select(
            pl.lit("url").alias("kind"),
            "provider_id",
            "document_id",
            "article_id",
            "offset_hours",
            detail=pl.format("{} was published at {}", "canonical_url", written.dt.strftime("%Y-%m-%d %H:%M:%S")),
        )
    )


def _copies(articles: pl.LazyFrame, entries: pl.LazyFrame, platforms: pl.DataFrame) -> pl.LazyFrame:
    facts = articles.select(
        "article_id", "normalized_title", "publisher_id", "provider_id", "published_at", "first_document_id"
    ).filter(pl.col("published_at").is_not_null() & (words(pl.col("normalized_title")).list.len() >= 4))
    domains = entries.select("provider_id", "domain").unique()
    hosted = facts.join(domains, on="provider_id").with_columns(
        is_platform=platform_of(pl.col("domain"), platforms).is_not_null()
    )
    originals = hosted.filter(~pl.col("is_platform")).select(
        "publisher_id", "normalized_title", original_domain="domain", original_published_at="published_at"
    )
    ahead = pl.col("original_published_at") - pl.col("published_at")
    return (
        hosted.filter("is_platform")
        .join(originals, on=["publisher_id", "normalized_title"])
        .filter(ahead.is_between(pl.duration(minutes=_COPY_MINIMUM_MINUTES), pl.duration(hours=_COPY_MAXIMUM_HOURS)))
        .select(
            pl.lit("copy").alias("kind"),
            "provider_id",
            "article_id",
            document_id="first_document_id",
            offset_hours=-ahead.dt.total_seconds() / 3600,
            detail=pl.format(
                "the copy is dated {}, the original on {} {}",
                pl.col("published_at").dt.strftime("%Y-%m-%d %H:%M"),
                "original_domain",
                pl.col("original_published_at").dt.strftime("%Y-%m-%d %H:%M"),
            ),
        )
        .select("kind", "provider_id", "document_id", "article_id", "offset_hours", "detail")
    )


def _address_dates(articles: pl.LazyFrame) -> pl.LazyFrame:
    year, month, day = "(199[0-9]|20[0-9]{2})", "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
    short_month, short_day = "([1-9]|0[1-9]|1[0-2])", "([1-9]|0[1-9]|[12][0-9]|3[01])"
    named_month = f"({'|'.join(_MONTH_NUMBERS)})"
    whole = (
        rf"[/_-]{year}[/_-]{month}[/_-]{day}(?:[/_.-]|$)",
        rf"/{year}{month}{day}(?:[/_.-]|$)",
        rf"/{year}/{short_month}/{short_day}/",
        rf"/{year}/{named_month}/{short_day}(?:/|$)",
    )
    in_month = (rf"/{year}/{month}(?:/|$)", rf"/{year}/{named_month}(?:/|$)")

    def day_in(pattern: str) -> pl.Expr:
        written = pl.col("path").str.extract_groups(pattern).struct
        day_of_month = written.field("3") if pattern in whole else pl.lit("1")
        parts = (written.field("1"), written.field("2").replace(_MONTH_NUMBERS), day_of_month)
        return pl.concat_str(parts, separator="-").str.to_date("%Y-%m-%d", strict=False)

    written_day = pl.coalesce(map(day_in, whole))
    starts = pl.coalesce(written_day, *map(day_in, in_month))
    ends = pl.when(written_day.is_null()).then(starts.dt.month_end()).otherwise(starts)
    published = pl.col("published_date")
    return (
        articles.select("provider_id", "article_id", "canonical_url", "published_date", "first_document_id")
        # Few addresses hold a year, and only in those is it worth to look for what follows it.
        .filter(pl.col("canonical_url").str.contains(rf"[/_-]{year}[/_0-9-]"))
        .with_columns(path=pl.col("canonical_url").str.extract("^[^/?#]*(/[^?#]*)").str.to_lowercase())
        .with_columns(days_off=(published - published.clip(starts, ends)).dt.total_days())
        .filter(pl.col("days_off").abs() > _ADDRESS_TOLERANCE_DAYS)
        .select(
            pl.lit("address_date").alias("kind"),
            "provider_id",
            "article_id",
            document_id="first_document_id",
            offset_hours=pl.col("days_off") * 24.0,
            detail=pl.format(
                "{} was published on {}, {} days {} the date in the address",
                "canonical_url",
                "published_date",
                pl.col("days_off").abs(),
                pl.when(pl.col("days_off") > 0).then(pl.lit("after")).otherwise(pl.lit("before")),
            ),
        )
        .select("kind", "provider_id", "document_id", "article_id", "offset_hours", "detail")
    )
