/*
chapter: How good it is
question: Do articles that come later have another quality?
definition: articles of publication_lag by bands of 20 points of quality; median lag linearly interpolated
grain: one row per band of quality, and one for articles without a quality
denominator: lags of the band
edge_cases: a missing quality is not 0; its band is null
headline: true
example: from quality_against_lag
columns:
  quality_from: lowest quality of the band; null = no quality
*/
with
lags as (
    select article_id, lag_minutes from publication_lag
),

-- The lowest band that 32 bits hold takes what lies below.
banded as (
    select cast(quality - (quality % 20 + 20) % 20 as integer) as quality_from, lag_minutes
    from lags
    join (
        select article_id, if(quality < -2147483640, -2147483640, quality) as quality from articles
    ) as qualities using (article_id)
),

counted as (
    select
        quality_from,
        count(*) as lag_count,
        quantile_cont(lag_minutes, 0.5) as median_lag_minutes,
        count(*) filter (where lag_minutes < 0) as ahead_count
    from banded
    group by quality_from
)

select
    quality_from, lag_count, median_lag_minutes, ahead_count,
    ahead_count / lag_count as ahead_share,
    wilson(ahead_count, lag_count).low as ahead_share_low,
    wilson(ahead_count, lag_count).high as ahead_share_high
from counted
order by quality_from nulls last
