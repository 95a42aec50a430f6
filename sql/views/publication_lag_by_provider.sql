/*
chapter: Who is first, who is late
question: How far behind or ahead of the leads is each provider?
definition: quantiles of lag_minutes over the provider's articles in all stories, linearly interpolated; see publication_lag
grain: one row per provider with a lag
denominator: lags of the provider
edge_cases: no minimum n; look at lag_count, or use publication_lag_by_provider_for
example: select provider_name, lag_count, median_lag_minutes from publication_lag_by_provider where lag_count >= 10
columns:
  provider_domain: host domain; null for (unknown)
  provider_name: most frequent name of the provider
  lag_count: lags of the provider
  p25_lag_minutes: a quarter of the lags is shorter
  median_lag_minutes: half of the lags is shorter
  p75_lag_minutes: three quarters of the lags are shorter
  p90_lag_minutes: nine tenths of the lags are shorter
  ahead_count: lags below zero
  ahead_share: ahead_count / lag_count
  ahead_share_low: lower end of the 95 % Wilson interval
  ahead_share_high: upper end of the 95 % Wilson interval
  provider_id: key of the provider
*/
select
    provider_domain,
    provider_name,
    lag_count,
    p25_lag_minutes,
    median_lag_minutes,
    p75_lag_minutes,
    p90_lag_minutes,
    ahead_count,
    ahead_share,
    ahead_share_low,
    ahead_share_high,
    provider_id
from publication_lag_by_provider_for('provider', minimum_count := 1)
