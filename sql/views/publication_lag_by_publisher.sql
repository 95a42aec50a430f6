/*
chapter: Who is first, who is late
question: How far behind or ahead of the leads is each publisher, whatever the host?
definition: >
  quantiles of lag_minutes over the articles of the publisher in all stories, linearly interpolated; see
  publication_lag
grain: one row per publisher with a lag
denominator: lags of the publisher
edge_cases: no minimum n; look at lag_count, or use publication_lag_by_provider_for
example: select publisher_name, lag_count, median_lag_minutes from publication_lag_by_publisher where lag_count >= 10
*/
select
    publisher_key,
    publisher_name,
    lag_count,
    p25_lag_minutes,
    median_lag_minutes,
    p75_lag_minutes,
    p90_lag_minutes,
    ahead_count,
    ahead_share,
    ahead_share_low,
    ahead_share_high,
    publisher_id
from publication_lag_by_provider_for('publisher', minimum_count := 1)
