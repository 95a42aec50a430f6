/*
chapter: Who is first, who is late
question: How often is each provider or publisher first, for a topic or period?
definition: >
  first_rate = credit / stories taken part in. Stories of two or more units count; the units with the earliest entry
  share the credit 1/k. See first_mover_by_story_for.
grain: one row per provider or publisher with at least minimum_count stories
denominator: stories with two or more units in which the unit has a time
edge_cases: >
  the credits sum to the stories (without a minimum); clock-safe stories are those whose verdict survives eight hours
example: select provider_name, first_rate, first_rate_low, first_rate_high from first_mover_for(minimum_count := 10)
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider', minimum_count
  = 5
columns:
  story_count: stories with two or more units that the unit takes part in
  first_credit: sum of its credit for being first
  clock_safe_story_count: those of the stories whose verdict survives a clock error of eight hours
  clock_safe_credit: credit in these stories
*/
with
first_units as (
    select story_id, unit_id, credit, is_clock_safe
    from first_units_for(source, topic, query, from_date, to_date, counted_by)
),

verdicts as (
    select story_id, bool_or(is_clock_safe) as is_clock_safe from first_units group by story_id
),

-- By the credit first: fractions added up in any order would differ in the last digit from call to call.
stories_by_credit as (
    select
        entries.unit_id,
        coalesce(first_units.credit, 0.0) as credit,
        count(*) as story_count,
        count(*) filter (where verdicts.is_clock_safe) as clock_safe_story_count
    from story_entries_for(source, topic, query, from_date, to_date, counted_by) as entries
    join verdicts using (story_id)
    left join first_units on entries.story_id = first_units.story_id and entries.unit_id = first_units.unit_id
    group by entries.unit_id, first_units.credit
),

stories_of_unit as (
    select
        unit_id,
        cast(sum(story_count) as bigint) as story_count,
        sum(story_count * credit order by credit) as first_credit,
        cast(sum(clock_safe_story_count) as bigint) as clock_safe_story_count,
        sum(clock_safe_story_count * credit order by credit) as clock_safe_credit
    from stories_by_credit
    group by unit_id
)

select
    units.provider_domain, units.provider_name, units.publisher_key, units.publisher_name, stories_of_unit.story_count,
    stories_of_unit.first_credit,
    stories_of_unit.first_credit / stories_of_unit.story_count as first_rate,
    wilson(stories_of_unit.first_credit, stories_of_unit.story_count).low as first_rate_low,
    wilson(stories_of_unit.first_credit, stories_of_unit.story_count).high as first_rate_high,
    stories_of_unit.clock_safe_story_count, stories_of_unit.clock_safe_credit, units.provider_id, units.publisher_id
from stories_of_unit
join coverage_units(counted_by) as units using (unit_id)
where stories_of_unit.story_count >= minimum_count
order by stories_of_unit.first_credit desc, stories_of_unit.story_count desc, units.provider_domain, units.publisher_key
