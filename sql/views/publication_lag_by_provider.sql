/*
chapter: Who is first, who is late
question: How far behind or ahead of the leads is each provider?
definition: >
  quantiles of lag_minutes over the provider's articles in all stories, linearly interpolated; see publication_lag
grain: one row per provider with a lag
denominator: lags of the provider
edge_cases: no minimum n; look at lag_count, or use publication_lag_by_provider_for
headline: true
example: select provider_name, lag_count, median_lag_minutes from publication_lag_by_provider where lag_count >= 10
*/
select
    providers.domain as provider_domain, providers.name as provider_name, lags.lag_count, lags.p25_lag_minutes,
    lags.median_lag_minutes, lags.p75_lag_minutes, lags.p90_lag_minutes, lags.ahead_count,
    lags.ahead_count / lags.lag_count as ahead_share,
    wilson(lags.ahead_count, lags.lag_count).low as ahead_share_low,
    wilson(lags.ahead_count, lags.lag_count).high as ahead_share_high,
    providers.provider_id
from lag_months as lags
join providers on lags.unit_id = providers.provider_id
where lags.scope = 'stories' and lags.counted_by = 'provider' and lags.month_start is null
order by lags.lag_count desc, provider_domain
