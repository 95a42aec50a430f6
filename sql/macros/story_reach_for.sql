/*
chapter: Who covers how much
question: Which part of the stories does each provider or publisher reach, for a topic or period?
definition: >
  reach: stories with at least one article of the unit / all stories. fractional credit: each story gives 1 / its
  number of units to each of them; fractional_share: that credit / all stories.
grain: one row per provider or publisher with at least minimum_count stories
denominator: all stories of the selection
edge_cases: reach does not sum to 1, fractional_share does (without a minimum)
example: select publisher_name, reach from story_reach_for(counted_by := 'publisher', minimum_count := 1)
signature: counted_by = 'provider', topic = null, from_date = null, to_date = null, minimum_count = 5
columns:
  total_story_count: stories of the selection
  reach: story_count / total_story_count
  fractional_credit: sum of 1 / units of the story
  fractional_share: fractional_credit / total_story_count
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
    select story_id from stories_for(topic, from_date, to_date)
),

total as (
    select count(*) as total_story_count from chosen
),

members as (
    select distinct
        story_articles.story_id,
        if(counted_by = 'publisher', story_articles.publisher_id, story_articles.provider_id) as unit_id
    from story_articles
    semi join chosen using (story_id)
),

sized as (
    select story_id, count(*) as unit_count from members group by story_id
),

counted as (
    select
        members.unit_id,
        count(*) as story_count,
        sum(1 / sized.unit_count) as fractional_credit
    from members
    join sized using (story_id)
    group by members.unit_id
)

select
    units.provider_domain,
    units.provider_name,
    units.publisher_key,
    units.publisher_name,
    counted.story_count,
    total.total_story_count,
    counted.story_count / total.total_story_count as reach,
    wilson_low(counted.story_count, total.total_story_count) as reach_low,
    wilson_high(counted.story_count, total.total_story_count) as reach_high,
    counted.fractional_credit,
    counted.fractional_credit / total.total_story_count as fractional_share,
    wilson_low(counted.fractional_credit, total.total_story_count) as fractional_share_low,
    wilson_high(counted.fractional_credit, total.total_story_count) as fractional_share_high,
    units.provider_id,
    units.publisher_id
from counted
join units using (unit_id)
cross join total
where counted.story_count >= minimum_count
order by counted.story_count desc, units.provider_domain, units.publisher_key
