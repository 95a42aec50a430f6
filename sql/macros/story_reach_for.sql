/*
chapter: Who covers how much
question: Which part of the stories does each provider or publisher reach, for a topic or period?
definition: >
  reach: stories with at least one article of the unit / all stories. fractional credit: each story gives 1 / its
  number of units to each of them; fractional_share: that credit / all stories. source_reach: of the stories of those
  sources alone in which the unit occurs.
grain: one row per provider or publisher with at least minimum_count stories
denominator: all stories of the selection
edge_cases: reach does not sum to 1, fractional_share does (without a minimum)
example: select publisher_name, reach from story_reach_for(counted_by := 'publisher', minimum_count := 1)
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider', minimum_count
  = 5
columns:
  total_story_count: stories of the selection
  reach: story_count / total_story_count
  source_story_count: stories of the sources in which the unit occurs
  source_reach: story_count / source_story_count
  fractional_credit: sum of 1 / units of the story
  fractional_share: fractional_credit / total_story_count
*/
with
chosen as (
    select story_id, source_name from stories_for(source, topic, query, from_date, to_date)
),

total as (
    select count(*) as total_story_count from chosen
),

units_of_story as (
    select distinct
        story_articles.story_id, chosen.source_name,
        if(counted_by = 'publisher', story_articles.publisher_id, story_articles.provider_id) as unit_id
    from story_articles
    join chosen using (story_id)
),

sizes_of_story as (
    select unit_id, count(*) over (partition by story_id) as unit_count from units_of_story
),

-- By the size first: fractions added up in any order would differ in the last digit from call to call.
stories_by_size as (
    select unit_id, unit_count, count(*) as story_count from sizes_of_story group by unit_id, unit_count
),

stories_of_unit as (
    select
        unit_id,
        cast(sum(story_count) as bigint) as story_count,
        sum(story_count / unit_count order by unit_count) as fractional_credit
    from stories_by_size
    group by unit_id
),

stories_of_source as (
    select source_name, count(*) as story_count from chosen group by source_name
),

sources_of_unit as (
    select
        occurrences.unit_id,
        cast(sum(stories_of_source.story_count) as bigint) as story_count
    from (select distinct unit_id, source_name from units_of_story) as occurrences
    join stories_of_source on occurrences.source_name is not distinct from stories_of_source.source_name
    group by occurrences.unit_id
)

select
    units.provider_domain, units.provider_name, units.publisher_key, units.publisher_name, stories_of_unit.story_count,
    total.total_story_count,
    stories_of_unit.story_count / total.total_story_count as reach,
    wilson(stories_of_unit.story_count, total.total_story_count).low as reach_low,
    wilson(stories_of_unit.story_count, total.total_story_count).high as reach_high,
    sources_of_unit.story_count as source_story_count,
    stories_of_unit.story_count / sources_of_unit.story_count as source_reach,
    wilson(stories_of_unit.story_count, sources_of_unit.story_count).low as source_reach_low,
    wilson(stories_of_unit.story_count, sources_of_unit.story_count).high as source_reach_high,
    stories_of_unit.fractional_credit,
    stories_of_unit.fractional_credit / total.total_story_count as fractional_share,
    wilson(stories_of_unit.fractional_credit, total.total_story_count).low as fractional_share_low,
    wilson(stories_of_unit.fractional_credit, total.total_story_count).high as fractional_share_high,
    units.provider_id, units.publisher_id
from stories_of_unit
join coverage_units(counted_by) as units using (unit_id)
join sources_of_unit using (unit_id)
cross join total
where stories_of_unit.story_count >= minimum_count
order by stories_of_unit.story_count desc, units.provider_domain, units.publisher_key
