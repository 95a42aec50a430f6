/*
chapter: Who is first, who is late
question: How far behind or ahead of the leads is each publisher, whatever the host?
definition: >
  quantiles of lag_minutes over the articles of the publisher in all stories, linearly interpolated; see
  publication_lag
grain: one row per publisher with a lag
denominator: lags of the publisher
edge_cases: no minimum n; look at lag_count, or use publication_lag_by_provider_for
headline: true
example: select publisher_name, lag_count, median_lag_minutes from publication_lag_by_publisher where lag_count >= 10
*/
select
    publishers.publisher_key, publishers.name as publisher_name, lags.lag_count, lags.p25_lag_minutes,
    lags.median_lag_minutes, lags.p75_lag_minutes, lags.p90_lag_minutes, lags.ahead_count,
    lags.ahead_count / lags.lag_count as ahead_share,
    wilson(lags.ahead_count, lags.lag_count).low as ahead_share_low,
    wilson(lags.ahead_count, lags.lag_count).high as ahead_share_high,
    publishers.publisher_id
from lag_months as lags
join publishers on lags.unit_id = publishers.publisher_id
where lags.scope = 'stories' and lags.counted_by = 'publisher' and lags.month_start is null
order by lags.lag_count desc, publishers.publisher_key
