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
signature: counted_by = 'provider', topic = null, from_date = null, to_date = null, minimum_count = 10
*/
with
units as (
    select
        unit_id,
        provider_domain,
        provider_name,
        publisher_key,
        publisher_name,
        provider_id,
        publisher_id
    from coverage_units(counted_by)
),

chosen as (
    select story_id from stories_for(topic, from_date, to_date)
),

lags as (
    select
        if(counted_by = 'publisher', publisher_id, provider_id) as unit_id,
        lag_minutes
    from publication_lag
    semi join chosen using (story_id)
),

-- Without a topic and a period the mart has the answer.
counted as (
    select
        summaries.unit_id,
        summaries.lag_count,
        summaries.p25_lag_minutes,
        summaries.median_lag_minutes,
        summaries.p75_lag_minutes,
        summaries.p90_lag_minutes,
        summaries.ahead_count
    from lag_months as summaries
    where
        topic is null
        and from_date is null
        and to_date is null
        and summaries.scope = 'stories'
        and summaries.counted_by = counted_by
        and summaries.month_start is null
    union all
    select
        unit_id,
        count(*),
        quantile_cont(lag_minutes, 0.25),
        quantile_cont(lag_minutes, 0.5),
        quantile_cont(lag_minutes, 0.75),
        quantile_cont(lag_minutes, 0.9),
        count(*) filter (where lag_minutes < 0)
    from lags
    where not (topic is null and from_date is null and to_date is null)
    group by unit_id
)

select
    units.provider_domain,
    units.provider_name,
    units.publisher_key,
    units.publisher_name,
    counted.lag_count,
    counted.p25_lag_minutes,
    counted.median_lag_minutes,
    counted.p75_lag_minutes,
    counted.p90_lag_minutes,
    counted.ahead_count,
    counted.ahead_count / counted.lag_count as ahead_share,
    wilson_low(counted.ahead_count, counted.lag_count) as ahead_share_low,
    wilson_high(counted.ahead_count, counted.lag_count) as ahead_share_high,
    units.provider_id,
    units.publisher_id
from counted
join units using (unit_id)
where counted.lag_count >= minimum_count
order by counted.lag_count desc, units.provider_domain, units.publisher_key
