/*
chapter: Who covers how much
question: Who has which share of the coverage, for a topic or period, by host or by publisher?
definition: articles of the unit / all articles of the selection; each article counts once
grain: one row per provider or publisher with at least minimum_count articles
denominator: all distinct articles of the selection, those of units below the minimum included
edge_cases: with a date, articles without a usable time are left out; without a minimum the shares sum to 1
example: select provider_name, share from share_of_voice_for(topic := 'AI', minimum_count := 1)
signature: counted_by = 'provider', topic = null, from_date = null, to_date = null, minimum_count = 5
columns:
  total_article_count: distinct articles of the selection
*/
with
units as (
    select
        unit_id,
        provider_domain,
        provider_name,
        publisher_key,
        publisher_name,
        provider_id,
        publisher_id
    from coverage_units(counted_by)
),

chosen as (
    select
        if(counted_by = 'publisher', publisher_id, provider_id) as unit_id,
        article_count
    from article_counts_for(topic, from_date, to_date)
),

counted as (
    select
        unit_id,
        cast(sum(article_count) as bigint) as article_count,
        cast(sum(sum(article_count)) over () as bigint) as total_article_count
    from chosen
    group by unit_id
)

select
    units.provider_domain,
    units.provider_name,
    units.publisher_key,
    units.publisher_name,
    counted.article_count,
    counted.total_article_count,
    counted.article_count / counted.total_article_count as share,
    wilson_low(counted.article_count, counted.total_article_count) as share_low,
    wilson_high(counted.article_count, counted.total_article_count) as share_high,
    units.provider_id,
    units.publisher_id
from counted
join units using (unit_id)
where counted.article_count >= minimum_count
order by counted.article_count desc, units.provider_domain, units.publisher_key
