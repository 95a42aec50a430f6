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
signature: counted_by = 'provider', topic = null, from_date = null, to_date = null, minimum_count = 5
columns:
  story_count: stories with two or more units that the unit takes part in
  first_credit: sum of its credit for being first
  clock_safe_story_count: those of the stories whose verdict survives a clock error of eight hours
  clock_safe_credit: credit in these stories
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

entries as (
    select story_id, unit_id from story_entries_for(counted_by, topic, from_date, to_date)
),

firsts as (
    select
        story_id,
        coalesce(provider_id, publisher_id) as unit_id,
        credit,
        is_clock_safe
    from first_mover_by_story_for(counted_by, topic, from_date, to_date)
),

decided as (
    select story_id, bool_or(is_clock_safe) as is_clock_safe from firsts group by story_id
),

counted as (
    select
        entries.unit_id,
        count(*) as story_count,
        coalesce(sum(firsts.credit), 0.0) as first_credit,
        count(*) filter (where decided.is_clock_safe) as clock_safe_story_count,
        coalesce(sum(firsts.credit) filter (where decided.is_clock_safe), 0.0) as clock_safe_credit
    from entries
    join decided using (story_id)
    left join firsts on entries.story_id = firsts.story_id and entries.unit_id = firsts.unit_id
    group by entries.unit_id
)

select
    units.provider_domain,
    units.provider_name,
    units.publisher_key,
    units.publisher_name,
    counted.story_count,
    counted.first_credit,
    counted.first_credit / counted.story_count as first_rate,
    wilson_low(counted.first_credit, counted.story_count) as first_rate_low,
    wilson_high(counted.first_credit, counted.story_count) as first_rate_high,
    counted.clock_safe_story_count,
    counted.clock_safe_credit,
    units.provider_id,
    units.publisher_id
from counted
join units using (unit_id)
where counted.story_count >= minimum_count
order by counted.first_credit desc, counted.story_count desc, units.provider_domain, units.publisher_key
