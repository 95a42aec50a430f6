/*
chapter: Who covers what, alone or together
question: Which stories does a provider or publisher have to itself, for a topic or period?
definition: stories whose only unit it is / stories it takes part in
grain: one row per provider or publisher with at least minimum_count stories
denominator: stories with an article of the unit
edge_cases: a story of one unit may have several of its articles
example: from exclusives_for('publisher', minimum_count := 5)
parameters:
  counted_by = 'provider': "'provider' (host) or 'publisher' (who wrote it)"
  topic = null: a topic's name, of the story's head or representative document
  from_date = null: first day of the story's lead
  to_date = null: last day of the story's lead
  minimum_count = 5: fewest stories for a row
columns:
  provider_domain: host domain; null for (unknown), and when counted by publisher
  provider_name: most frequent name of the provider; null when counted by publisher
  publisher_key: a domain, or `name:` and the folded name; null when counted by provider
  publisher_name: name of the publisher; null when counted by provider
  exclusive_story_count: stories with no other unit
  story_count: stories with an article of the unit
  exclusive_rate: exclusive_story_count / story_count
  exclusive_rate_low: lower end of the 95 % Wilson interval
  exclusive_rate_high: upper end of the 95 % Wilson interval
  provider_id: key of the provider; null when counted by publisher
  publisher_id: key of the publisher; null when counted by provider
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

members as (
    select distinct
        story_articles.story_id,
        if(counted_by = 'publisher', story_articles.publisher_id, story_articles.provider_id) as unit_id
    from story_articles
    semi join stories_for(topic, from_date, to_date) as selected using (story_id)
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
    units.provider_domain,
    units.provider_name,
    units.publisher_key,
    units.publisher_name,
    counted.exclusive_story_count,
    counted.story_count,
    counted.exclusive_story_count / counted.story_count as exclusive_rate,
    wilson_low(counted.exclusive_story_count, counted.story_count) as exclusive_rate_low,
    wilson_high(counted.exclusive_story_count, counted.story_count) as exclusive_rate_high,
    units.provider_id,
    units.publisher_id
from counted
join units using (unit_id)
where counted.story_count >= minimum_count
order by counted.exclusive_story_count desc, counted.story_count desc, units.provider_domain, units.publisher_key
