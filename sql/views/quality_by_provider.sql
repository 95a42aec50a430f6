/*
chapter: How good it is
question: Which quality does upstream give the articles of each provider?
definition: mean and median (linearly interpolated) of quality over the provider's articles
grain: one row per provider with an article
headline: true
example: select provider_name, scored_article_count, median_quality from quality_by_provider limit 10
*/
select
    provider_domain, provider_name, article_count, scored_article_count, mean_quality, median_quality, p25_quality,
    p75_quality, provider_id
from quality_by_provider_for(counted_by := 'provider', minimum_count := 0)
