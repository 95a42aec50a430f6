/*
chapter: How far to trust it
question: How wrong is the naive number?
definition: each headline number computed from raw rows as they stand, and by the rules
grain: one row per headline number
edge_cases: >
  The naive numbers are what counting rows gives: a piece of news has several documents, each with its own list, so
  that one article counts many times. The provider in a metric's name is the one with the most articles, or the most
  stories.
headline: true
example: select metric, naive_value, correct_value from naive_against_correct
columns:
  metric: the headline number
  naive_value: from raw rows
  correct_value: by the rules
  naive_definition: what the naive value counts
  correct_definition: what the correct value counts
*/
with
rows_as_written as (
    select
        document_id, provider_id, published_at, provider_domain_raw,
        coalesce(web_url, original_url) as url
    from documents
    union all
    select
        document_id, provider_id, published_at, provider_domain_raw,
        coalesce(web_url, original_url) as url
    from related_links
),

naive_counts as (
    select
        provider_id,
        count(*) as entry_count,
        count(*) / sum(count(*)) over () as share
    from rows_as_written
    group by provider_id
),

top_voice as (
    select provider_id, provider_name, share from share_of_voice order by article_count desc, provider_domain limit 1
),

top_mover as (
    select provider_id, provider_name, first_rate from first_mover order by story_count desc, provider_domain limit 1
),

naive_entries as (
    select
        document_id, provider_id,
        min(published_at) as entered_at
    from rows_as_written
    where published_at is not null
    group by document_id, provider_id
),

naive_firsts as (
    select
        provider_id,
        count(*) as document_count,
        count(*) filter (where entered_at = first_at) as first_count
    from (
        select
            document_id, provider_id, entered_at,
            min(entered_at) over (partition by document_id) as first_at
        from naive_entries
    )
    group by provider_id
),

lags as (
    select scope, lag_count, median_lag_minutes, mean_lag_minutes, ahead_share from publication_lag_summary
),

compared as (
    select
        1 as place,
        'documents' as metric,
        cast((select count(*) from documents) as double) as naive_value,
        cast((select count(*) from documents where state <> 'copy') as double) as correct_value,
        'files' as naive_definition,
        'files that do not repeat another one byte for byte' as correct_definition
    union all
    select 2, 'articles',
        (select count(*) from rows_as_written), (select count(*) from articles),
        'leads and related entries as written', 'distinct articles, by canonical URL'
    union all
    select 3, 'articles with an address',
        (select count(distinct url) from rows_as_written),
        (select count(*) from articles where canonical_url is not null),
        'distinct texts of webUrl, failing that originalUrl', 'distinct articles, by what identifies a page'
    union all
    select 4, 'articles with an instant',
        (select count(*) from articles where published_date is not null),
        (select count(*) from articles where published_at is not null),
        'articles with a time, a day taken for midnight', 'articles whose instant is written'
    union all
    select 5, 'stories',
        (select count(*) from documents), (select count(*) from stories),
        'documents', 'pieces of news; folded documents join their head'
    union all
    select 6, 'providers',
        (select count(distinct provider_domain_raw) from rows_as_written),
        (select count(*) from providers where domain is not null),
        'domains as written', 'hosts, each in one form; of an entry without a domain, that of its address'
    union all
    select 7, 'publishers',
        (select count(*) from providers), (select count(*) from publishers),
        'host domains', 'who wrote it, platforms resolved'
    union all
    select 8, 'concentration (HHI) by host',
        (select sum(share * share order by share) from naive_counts),
        (select hhi from concentration where counted_by = 'provider' and population = 'articles'),
        'shares of entries as written', 'shares of distinct articles'
    union all
    select 9, 'concentration (HHI) by publisher',
        (select hhi from concentration where counted_by = 'provider' and population = 'articles'),
        (select hhi from concentration where counted_by = 'publisher' and population = 'articles'),
        'distinct articles by host', 'distinct articles by publisher'
    union all
    select
        10,
        'share of voice of ' || top_voice.provider_name,
        naive_counts.share, top_voice.share,
        'entries of the provider / entries', 'distinct articles of the provider / distinct articles'
    from top_voice
    join naive_counts using (provider_id)
    union all
    select
        11,
        'first-mover rate of ' || top_mover.provider_name,
        naive_firsts.first_count / naive_firsts.document_count,
        top_mover.first_rate,
        'documents in which it is first, ties and lone providers included / documents it is in',
        'credit for being first, ties shared / stories of two or more providers it is in'
    from top_mover
    join naive_firsts using (provider_id)
    union all
    select 12, 'lags',
        (select lag_count from lags where scope = 'raw rows'), (select lag_count from lags where scope = 'stories'),
        'related rows as written', 'one per story and article'
    union all
    select 13, 'median lag in minutes',
        (select median_lag_minutes from lags where scope = 'raw rows'),
        (select median_lag_minutes from lags where scope = 'stories'),
        'over related rows as written', 'over stories and articles'
    union all
    select 14, 'typical lag in minutes',
        (select mean_lag_minutes from lags where scope = 'raw rows'),
        (select median_lag_minutes from lags where scope = 'stories'),
        'mean over related rows as written', 'median over stories and articles'
    union all
    select 15, 'share of articles ahead of the lead',
        (select ahead_share from lags where scope = 'raw rows'), (select ahead_share from lags where scope = 'stories'),
        'of related rows as written',
        'of stories and articles, with the leads that a head leaves out'
)

select metric, naive_value, correct_value, naive_definition, correct_definition
from compared
order by place
