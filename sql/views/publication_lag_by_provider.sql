/*
chapter: Who is first, who is late
question: How far behind or ahead of the leads is each provider?
definition: >
  quantiles of lag_minutes over the provider's articles in all stories, linearly interpolated; see publication_lag
grain: one row per provider with a lag
denominator: lags of the provider
edge_cases: no minimum n; look at lag_count, or use publication_lag_by_provider_for
example: select provider_name, lag_count, median_lag_minutes from publication_lag_by_provider where lag_count >= 10
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
