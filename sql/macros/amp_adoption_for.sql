/*
chapter: How good it is
question: Who offers AMP pages, by host or by publisher, for a topic or period?
definition: articles of type article with an AMP or AMP cache address / articles of type article
grain: one row per provider or publisher with at least minimum_count articles of type article
denominator: articles of type article; videos have no AMP pages
edge_cases: whether an article has one is told by its earliest occurrence
example: select publisher_name, amp_rate from amp_adoption_for(counted_by := 'publisher', minimum_count := 1)
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider', minimum_count
  = 5
columns:
  article_count: articles of type article
  amp_article_count: those with an AMP address
  amp_rate: amp_article_count / article_count
*/
with
counted as (
    select
        if(counted_by = 'publisher', publisher_id, provider_id) as unit_id,
        count(*) as article_count,
        count(*) filter (where has_amp) as amp_article_count
    from articles_for(source, topic, query, from_date, to_date)
    where media_type = 'article'
    group by 1
)

select
    units.provider_domain, units.provider_name, units.publisher_key, units.publisher_name, counted.article_count,
    counted.amp_article_count,
    counted.amp_article_count / counted.article_count as amp_rate,
    wilson(counted.amp_article_count, counted.article_count).low as amp_rate_low,
    wilson(counted.amp_article_count, counted.article_count).high as amp_rate_high,
    units.provider_id, units.publisher_id
from counted
join coverage_units(counted_by) as units using (unit_id)
where counted.article_count >= minimum_count
order by counted.article_count desc, units.provider_domain, units.publisher_key
