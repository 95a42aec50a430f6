/*
chapter: How good it is
question: Which quality does upstream give the articles of each provider or publisher, for a topic or period?
definition: mean and quantiles (linearly interpolated) of quality over the articles of the unit
grain: one row per provider or publisher with at least minimum_count articles that have a quality
denominator: articles with a quality
edge_cases: >
  a missing quality is not 0 and leaves the mean; article_count counts all articles, scored_article_count those with
  one
example: >
  select publisher_name, median_quality from quality_by_provider_for(counted_by := 'publisher', minimum_count := 1)
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider', minimum_count
  = 10
columns:
  scored_article_count: articles with a quality
  mean_quality: mean quality
  median_quality: half of the articles have less
  p25_quality: a quarter of the articles has less
  p75_quality: three quarters of the articles have less
*/
with
counted as (
    select
        if(counted_by = 'publisher', publisher_id, provider_id) as unit_id,
        count(*) as article_count,
        count(quality) as scored_article_count,
        avg(quality) as mean_quality,
        quantile_cont(quality, 0.5) as median_quality,
        quantile_cont(quality, 0.25) as p25_quality,
        quantile_cont(quality, 0.75) as p75_quality
    from articles_for(source, topic, query, from_date, to_date)
    group by 1
)

select
    units.provider_domain, units.provider_name, units.publisher_key, units.publisher_name, counted.article_count,
    counted.scored_article_count, counted.mean_quality, counted.median_quality, counted.p25_quality,
    counted.p75_quality, units.provider_id, units.publisher_id
from counted
join coverage_units(counted_by) as units using (unit_id)
where counted.scored_article_count >= minimum_count
order by counted.article_count desc, units.provider_domain, units.publisher_key
