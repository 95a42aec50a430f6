/*
chapter: Who covers how much
question: Who has which share of the coverage, for a topic or period, by host or by publisher?
definition: articles of the unit / all articles of the selection; each article counts once
grain: one row per provider or publisher with at least minimum_count articles
denominator: all distinct articles of the selection, those of units below the minimum included
edge_cases: with a date, articles without a usable day are left out; without a minimum the shares sum to 1
example: select provider_name, share from share_of_voice_for(query := 'recognition', minimum_count := 1)
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider', minimum_count
  = 5
columns:
  total_article_count: distinct articles of the selection
*/
with
articles_of_unit as (
    select
        if(counted_by = 'publisher', publisher_id, provider_id) as unit_id,
        count(*) as article_count,
        cast(sum(count(*)) over () as bigint) as total_article_count
    from articles_for(source, topic, query, from_date, to_date)
    group by 1
)

select
    units.provider_domain, units.provider_name, units.publisher_key, units.publisher_name,
    articles_of_unit.article_count, articles_of_unit.total_article_count,
    articles_of_unit.article_count / articles_of_unit.total_article_count as share,
    wilson(articles_of_unit.article_count, articles_of_unit.total_article_count).low as share_low,
    wilson(articles_of_unit.article_count, articles_of_unit.total_article_count).high as share_high,
    units.provider_id, units.publisher_id
from articles_of_unit
join coverage_units(counted_by) as units using (unit_id)
where articles_of_unit.article_count >= minimum_count
order by articles_of_unit.article_count desc, units.provider_domain, units.publisher_key
