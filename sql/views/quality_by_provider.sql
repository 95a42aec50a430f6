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
select
    provider_domain,
    provider_name,
    article_count,
    scored_article_count,
    mean_quality,
    median_quality,
    p25_quality,
    p75_quality,
    provider_id
from quality_by_provider_for('provider', minimum_count := 0)
