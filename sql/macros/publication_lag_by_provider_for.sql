/*
chapter: Who is first, who is late
question: How far behind or ahead of the leads is each provider or publisher, for a topic or period?
definition: quantiles of lag_minutes over the articles of the unit, linearly interpolated; see publication_lag
grain: one row per provider or publisher with at least minimum_count lags
denominator: lags of the unit
edge_cases: >
  The topic is that of the story's head or representative document, the dates those of the story's lead (UTC days,
  both included). Report the median, never a mean alone.
example: select provider_name, median_lag_minutes from publication_lag_by_provider_for(minimum_count := 3)
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider', minimum_count
  = 10
*/
with
lags as (
    select
        if(counted_by = 'publisher', publisher_id, provider_id) as unit_id,
        count(*) as lag_count,
        quantile_cont(lag_minutes, 0.25) as p25_lag_minutes,
        quantile_cont(lag_minutes, 0.5) as median_lag_minutes,
        quantile_cont(lag_minutes, 0.75) as p75_lag_minutes,
        quantile_cont(lag_minutes, 0.9) as p90_lag_minutes,
        count(*) filter (where lag_minutes < 0) as ahead_count
    from publication_lag
    semi join stories_for(source, topic, query, from_date, to_date) as chosen using (story_id)
    group by 1
)

select
    units.provider_domain, units.provider_name, units.publisher_key, units.publisher_name, lags.lag_count,
    lags.p25_lag_minutes, lags.median_lag_minutes, lags.p75_lag_minutes, lags.p90_lag_minutes, lags.ahead_count,
    lags.ahead_count / lags.lag_count as ahead_share,
    wilson(lags.ahead_count, lags.lag_count).low as ahead_share_low,
    wilson(lags.ahead_count, lags.lag_count).high as ahead_share_high,
    units.provider_id, units.publisher_id
from lags
join coverage_units(counted_by) as units using (unit_id)
where lags.lag_count >= minimum_count
order by lags.lag_count desc, units.provider_domain, units.publisher_key
