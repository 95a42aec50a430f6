/*
chapter: How good it is
question: Which quality does upstream give the articles of each provider?
definition: mean and median (linearly interpolated) of quality over the provider's articles
grain: one row per provider with an article
denominator: articles with a quality
edge_cases: a missing quality is not 0 and leaves the mean; article_count counts all articles, scored_article_count those with one
example: select provider_name, scored_article_count, median_quality from quality_by_provider limit 10
columns:
  provider_domain: host domain; null for (unknown)
  provider_name: most frequent name of the provider
  article_count: distinct articles of the provider
  scored_article_count: articles with a quality
  mean_quality: mean quality
  median_quality: half of the articles have less
  p25_quality: a quarter of the articles has less
  p75_quality: three quarters of the articles have less
  provider_id: key of the provider
*/
with
counted as (
    select
        provider_id,
        count(*) as article_count,
        count(quality) as scored_article_count,
        avg(quality) as mean_quality,
        quantile_cont(quality, 0.5) as median_quality,
        quantile_cont(quality, 0.25) as p25_quality,
        quantile_cont(quality, 0.75) as p75_quality
    from articles
    group by provider_id
),

named as (
    select provider_id, domain, name from providers
)

select
    named.domain as provider_domain,
    named.name as provider_name,
    counted.article_count,
    counted.scored_article_count,
    counted.mean_quality,
    counted.median_quality,
    counted.p25_quality,
    counted.p75_quality,
    counted.provider_id
from counted
join named using (provider_id)
order by counted.article_count desc, provider_domain
