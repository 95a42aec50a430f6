/*
chapter: Who is first, who is late
question: How long after the first does each provider or publisher enter its stories?
definition: >
  the unit's first entry minus the story's first entry, in stories of two or more units; quantiles linearly
  interpolated
grain: one row per provider or publisher with at least minimum_count stories
denominator: stories with two or more units in which the unit has a time
edge_cases: 0 for the first mover itself
example: select provider_name, median_behind_minutes from behind_first_for(minimum_count := 3)
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider', minimum_count
  = 10
columns:
  story_count: stories with two or more units that the unit takes part in
  median_behind_minutes: half of its entries come sooner after the first
  p75_behind_minutes: three quarters of its entries come sooner after the first
*/
with
entries as (
    select
        story_id, unit_id,
        (epoch_us(entered_at) - min(epoch_us(entered_at)) over (partition by story_id)) / 60e6 as behind_minutes,
        count(*) over (partition by story_id) as unit_count
    from story_entries_for(source, topic, query, from_date, to_date, counted_by)
),

counted as (
    select
        unit_id,
        count(*) as story_count,
        quantile_cont(behind_minutes, 0.5) as median_behind_minutes,
        quantile_cont(behind_minutes, 0.75) as p75_behind_minutes
    from entries
    where unit_count >= 2
    group by unit_id
)

select
    units.provider_domain, units.provider_name, units.publisher_key, units.publisher_name, counted.story_count,
    counted.median_behind_minutes, counted.p75_behind_minutes, units.provider_id, units.publisher_id
from counted
join coverage_units(counted_by) as units using (unit_id)
where counted.story_count >= minimum_count
order by counted.story_count desc, units.provider_domain, units.publisher_key
