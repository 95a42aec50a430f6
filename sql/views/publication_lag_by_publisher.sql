/*
chapter: Who is first, who is late
question: How far behind or ahead of the leads is each publisher, whatever the host?
definition: quantiles of lag_minutes over the articles of the publisher in all stories, linearly interpolated; see publication_lag
grain: one row per publisher with a lag
denominator: lags of the publisher
edge_cases: no minimum n; look at lag_count, or use publication_lag_by_provider_for
example: select publisher_name, lag_count, median_lag_minutes from publication_lag_by_publisher where lag_count >= 10
columns:
  publisher_key: a domain, or `name:` and the folded name
  publisher_name: name of the publisher
  lag_count: lags of the publisher
  p25_lag_minutes: a quarter of the lags is shorter
  median_lag_minutes: half of the lags is shorter
  p75_lag_minutes: three quarters of the lags are shorter
  p90_lag_minutes: nine tenths of the lags are shorter
  ahead_count: lags below zero
  ahead_share: ahead_count / lag_count
  ahead_share_low: lower end of the 95 % Wilson interval
  ahead_share_high: upper end of the 95 % Wilson interval
  publisher_id: key of the publisher
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
