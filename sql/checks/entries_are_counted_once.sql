/*
question: Do the entry counts of articles, versions and providers add up to all leads and related entries?
severity: error
remedy: a defect of identity; an entry was counted twice or not at all
*/
with
expected as (
    select (select count(*) from documents) + (select count(*) from related_links) as expected_count
),

timed as (
    select
        (select count(*) from documents where published_at is not null)
        + (select count(*) from related_links where published_at is not null) as expected_count
),

counted as (
    select 'articles' as counted_in, (select sum(entry_count) from articles) as entry_count, expected_count
    from expected
    union all
    select 'providers', (select sum(entry_count) from providers), expected_count from expected union all
    select 'provider_names', (select sum(entry_count) from provider_names), expected_count from expected union all
    select 'article_versions', (select sum(entry_count) from article_versions), expected_count from timed
)

select
    counted_in,
    coalesce(entry_count, 0) as entry_count,
    expected_count
from counted
where coalesce(entry_count, 0) <> expected_count
