/*
question: How far behind the leads do articles appear, overall, per month, per provider and per publisher?
definition: >
  Counts and quantiles (linearly interpolated) of lags. Quantiles of months cannot be added up, so each unit has a row
  for every month, for dashboards, and one for all months together, which the views show. The scopes are those of
  publication_lag_summary; only `stories`,
  which counts each article of a story once, is told apart by month, provider and publisher.
grain: one row per scope, counted_by, unit and month with a lag
denominator: lags of the row
edge_cases: rows without a usable time on both sides are left out
example: >
  select month_start, lag_count, median_lag_minutes from lag_months where scope = 'stories' and counted_by = 'all'
  order by month_start
columns:
  scope: "`stories`, `all documents`, `published documents` or `raw rows`"
  counted_by: "`all`, `provider` (host) or `publisher` (who wrote it)"
  unit_id: key of the provider or publisher; null for `all`
  month_start: first day of the month of the story's lead, UTC; null = all months
*/
with
story_lags as (
    select
        provider_id, publisher_id,
        cast(date_trunc('month', lead_published_at) as date) as month_start,
        lag_minutes,
        epoch_us(published_at) - epoch_us(lead_published_at) as lag_microseconds
    from publication_lag
),

-- Means are taken of whole numbers: the sum of fractions depends on the order in which threads add them.
by_unit as (
    select
        'stories' as scope, case
            when grouping(provider_id) = 0 then 'provider'
            when grouping(publisher_id) = 0 then 'publisher'
            else 'all'
        end as counted_by, case
            when grouping(provider_id) = 0 then provider_id
            when grouping(publisher_id) = 0 then publisher_id
        end as unit_id, month_start,
        count(*) as lag_count,
        count(*) filter (where lag_minutes < 0) as ahead_count,
        count(*) filter (where lag_minutes = 0) as zero_count,
        quantile_cont(lag_minutes, [0.25, 0.5, 0.75, 0.9]) as quantiles,
        avg(lag_microseconds) / 60e6 as mean_lag_minutes
    from story_lags
    group by grouping sets (
        (), (month_start), (provider_id), (provider_id, month_start), (publisher_id), (publisher_id, month_start)
    )
),

published as (
    select document_id, is_published, state from documents
),

own_lists as (
    select
        published.is_published,
        related_links.is_self_link or related_links.is_repeat or published.state = 'copy' as is_repeated,
        related_links.lag_seconds
    from related_links
    join published using (document_id)
    where related_links.lag_seconds is not null
),

scoped as (
    select 'all documents' as scope, lag_seconds from own_lists where not is_repeated union all
    select 'published documents', lag_seconds from own_lists where not is_repeated and is_published union all
    select 'raw rows', lag_seconds from own_lists
),

by_scope as (
    select
        scope, 'all' as counted_by,
        cast(null as bigint) as unit_id,
        cast(null as date) as month_start,
        count(*) as lag_count,
        count(*) filter (where lag_seconds < 0) as ahead_count,
        count(*) filter (where lag_seconds = 0) as zero_count,
        quantile_cont(lag_seconds / 60, [0.25, 0.5, 0.75, 0.9]) as quantiles,
        avg(lag_seconds) / 60 as mean_lag_minutes
    from scoped
    group by scope
),

summaries as (
    select scope, counted_by, unit_id, month_start, lag_count, ahead_count, zero_count, quantiles, mean_lag_minutes
    from by_unit
    -- Without any lag, the grouping set of nothing still gives a row.
    where lag_count > 0
    union all
    select scope, counted_by, unit_id, month_start, lag_count, ahead_count, zero_count, quantiles, mean_lag_minutes
    from by_scope
)

select
    scope, counted_by, unit_id, month_start, lag_count, ahead_count, zero_count,
    quantiles[1] as p25_lag_minutes,
    quantiles[2] as median_lag_minutes,
    quantiles[3] as p75_lag_minutes,
    quantiles[4] as p90_lag_minutes,
    mean_lag_minutes
from summaries
order by scope, counted_by, unit_id nulls first, month_start nulls first
