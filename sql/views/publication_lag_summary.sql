/*
question: How far behind the leads do related articles appear, and how much does the answer depend on what is counted?
definition: >
  Quantiles (linearly interpolated) of the lag behind the lead. stories: publication_lag, each article of a story once. all
  documents: each document's own list, self-links and repeats left out. published documents: the same where published is
  true. raw rows: every row of related_links, nothing left out.
grain: one row per scope
denominator: lags of the scope
edge_cases: rows without a usable time on both sides are left out; only the scope `stories` counts a piece of news once
example: select scope, lag_count, median_lag_minutes from publication_lag_summary
columns:
  scope: what was counted
  lag_count: lags in the scope
  ahead_count: lags below zero
  zero_count: lags of exactly zero
  p25_lag_minutes: a quarter of the lags is shorter
  median_lag_minutes: half of the lags is shorter
  p75_lag_minutes: three quarters of the lags are shorter
  p90_lag_minutes: nine tenths of the lags are shorter
  mean_lag_minutes: mean, drawn by few very late articles; report the median
  ahead_share: ahead_count / lag_count
  ahead_share_low: lower end of the 95 % Wilson interval
  ahead_share_high: upper end of the 95 % Wilson interval
*/
with
published as (
    select document_id, is_published from documents
),

own_lists as (
    select
        published.is_published,
        related_links.is_self_link or related_links.is_repeat as is_repeated,
        related_links.lag_seconds / 60 as lag_minutes
    from related_links
    join published using (document_id)
    where related_links.lag_seconds is not null
),

scopes as (
    select unnest(['stories', 'all documents', 'published documents', 'raw rows']) as scope
),

lags as (
    select 'stories' as scope, lag_minutes from publication_lag
    union all
    select 'all documents', lag_minutes from own_lists where not is_repeated
    union all
    select 'published documents', lag_minutes from own_lists where not is_repeated and is_published
    union all
    select 'raw rows', lag_minutes from own_lists
),

counted as (
    select
        scope,
        count(lag_minutes) as lag_count,
        count(*) filter (where lag_minutes < 0) as ahead_count,
        count(*) filter (where lag_minutes = 0) as zero_count,
        quantile_cont(lag_minutes, 0.25) as p25_lag_minutes,
        quantile_cont(lag_minutes, 0.5) as median_lag_minutes,
        quantile_cont(lag_minutes, 0.75) as p75_lag_minutes,
        quantile_cont(lag_minutes, 0.9) as p90_lag_minutes,
        avg(lag_minutes) as mean_lag_minutes
    from scopes
    left join lags using (scope)
    group by scope
)

select
    scope,
    lag_count,
    ahead_count,
    zero_count,
    p25_lag_minutes,
    median_lag_minutes,
    p75_lag_minutes,
    p90_lag_minutes,
    mean_lag_minutes,
    if(lag_count > 0, ahead_count / lag_count, null) as ahead_share,
    wilson_low(ahead_count, lag_count) as ahead_share_low,
    wilson_high(ahead_count, lag_count) as ahead_share_high
from counted
order by list_position(['stories', 'all documents', 'published documents', 'raw rows'], scope)
