/*
chapter: Who is first, who is late
question: >
  How far behind the leads do articles appear, for a provider, a publisher, a topic or a period, whatever is counted?
definition: >
  Quantiles (linearly interpolated) of the lag behind the lead, in the scopes of publication_lag_summary. The topic
  and the period choose stories by their head or representative document, and documents by themselves; the provider
  and the publisher choose whose articles or related entries are counted.
grain: one row per scope
denominator: lags of the scope
edge_cases: rows without a usable time on both sides are left out; only the scope `stories` counts a piece of news once
example: select scope, median_lag_minutes from publication_lag_summary_for(query := 'recognition')
signature: >
  provider = null, source = null, topic = null, query = null, from_date = null, to_date = null, publisher = null
parameters:
  topic: a topic's name
  from_date: first day of the lead's publication
  to_date: last day of the lead's publication
columns:
  scope: what was counted
*/
with
scopes as (
    select unnest(['stories', 'all documents', 'published documents', 'raw rows']) as scope
),

own_lists as (
    select
        chosen.is_published, related_links.provider_id, related_links.article_id,
        related_links.is_self_link or related_links.is_repeat or chosen.state = 'copy' as is_repeated,
        related_links.lag_seconds * 1000000 as lag_microseconds
    from related_links
    join documents_for(source, topic, query, from_date, to_date) as chosen using (document_id)
    where related_links.lag_seconds is not null
),

lags as (
    select
        'stories' as scope, provider_id, article_id,
        epoch_us(published_at) - epoch_us(lead_published_at) as lag_microseconds
    from publication_lag
    semi join stories_for(source, topic, query, from_date, to_date) as chosen using (story_id)
    union all
    select 'all documents', provider_id, article_id, lag_microseconds from own_lists where not is_repeated
    union all
    select 'published documents', provider_id, article_id, lag_microseconds
    from own_lists
    where not is_repeated and is_published
    union all
    select 'raw rows', provider_id, article_id, lag_microseconds from own_lists
),

summaries as (
    select
        scope,
        count(*) as lag_count,
        count(*) filter (where lag_microseconds < 0) as ahead_count,
        count(*) filter (where lag_microseconds = 0) as zero_count,
        quantile_cont(lag_microseconds / 60e6, [0.25, 0.5, 0.75, 0.9]) as quantiles,
        avg(lag_microseconds) / 60e6 as mean_lag_minutes
    from lags
    where
        (provider is null or provider_id = provider_named(provider))
        and (
            publisher is null
            or article_id in (
                select articles.article_id from articles where articles.publisher_id = publisher_named(publisher)
            )
        )
    group by scope
)

select
    scopes.scope,
    coalesce(summaries.lag_count, 0) as lag_count,
    coalesce(summaries.ahead_count, 0) as ahead_count,
    coalesce(summaries.zero_count, 0) as zero_count,
    summaries.quantiles[1] as p25_lag_minutes,
    summaries.quantiles[2] as median_lag_minutes,
    summaries.quantiles[3] as p75_lag_minutes,
    summaries.quantiles[4] as p90_lag_minutes,
    summaries.mean_lag_minutes,
    summaries.ahead_count / summaries.lag_count as ahead_share,
    wilson(summaries.ahead_count, summaries.lag_count).low as ahead_share_low,
    wilson(summaries.ahead_count, summaries.lag_count).high as ahead_share_high
from scopes
left join summaries using (scope)
order by list_position(['stories', 'all documents', 'published documents', 'raw rows'], scopes.scope)
