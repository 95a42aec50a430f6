/*
chapter: Who covers what, alone or together
question: Which stories does a provider or publisher have to itself, for a topic or period?
definition: stories whose only unit it is / stories it takes part in
grain: one row per provider or publisher with at least minimum_count stories
denominator: stories with an article of the unit
edge_cases: a story of one unit may have several of its articles
example: from exclusives_for(counted_by := 'publisher', minimum_count := 5)
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider', minimum_count
  = 5
columns:
  exclusive_story_count: stories with no other unit
  exclusive_rate: exclusive_story_count / story_count
*/
with
members as (
    select distinct
        story_articles.story_id,
        if(counted_by = 'publisher', story_articles.publisher_id, story_articles.provider_id) as unit_id
    from story_articles
    semi join stories_for(source, topic, query, from_date, to_date) as selected using (story_id)
),

counted as (
    select
        unit_id,
        count(*) as story_count,
        count(*) filter (where unit_count = 1) as exclusive_story_count
    from (select story_id, unit_id, count(*) over (partition by story_id) as unit_count from members)
    group by unit_id
)

select
    units.provider_domain, units.provider_name, units.publisher_key, units.publisher_name,
    counted.exclusive_story_count, counted.story_count,
    counted.exclusive_story_count / counted.story_count as exclusive_rate,
    wilson(counted.exclusive_story_count, counted.story_count).low as exclusive_rate_low,
    wilson(counted.exclusive_story_count, counted.story_count).high as exclusive_rate_high,
    units.provider_id, units.publisher_id
from counted
join coverage_units(counted_by) as units using (unit_id)
where counted.story_count >= minimum_count
order by counted.exclusive_story_count desc, counted.story_count desc, units.provider_domain, units.publisher_key
