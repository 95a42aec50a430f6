/*
chapter: Who is first, who is late
question: How long after the first does each provider or publisher enter its stories?
definition: the unit's first entry minus the story's first entry, in stories of two or more units; quantiles linearly interpolated
grain: one row per provider or publisher with at least minimum_count stories
denominator: stories with two or more units in which the unit has a time
edge_cases: 0 for the first mover itself
example: select provider_name, median_behind_minutes from behind_first_for(minimum_count := 3)
parameters:
  counted_by = 'provider': "'provider' (host) or 'publisher' (who wrote it)"
  topic = null: a topic's name, of the story's head or representative document
  from_date = null: first day of the story's lead
  to_date = null: last day of the story's lead
  minimum_count = 10: fewest stories for a row
columns:
  provider_domain: host domain; null for (unknown), and when counted by publisher
  provider_name: most frequent name of the provider; null when counted by publisher
  publisher_key: a domain, or `name:` and the folded name; null when counted by provider
  publisher_name: name of the publisher; null when counted by provider
  story_count: stories with two or more units that the unit takes part in
  median_behind_minutes: half of its entries come sooner after the first
  p75_behind_minutes: three quarters of its entries come sooner after the first
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

entries as (
    select
        story_id,
        unit_id,
        (epoch_us(entered_at) - min(epoch_us(entered_at)) over (partition by story_id)) / 60e6 as behind_minutes,
        count(*) over (partition by story_id) as unit_count
    from story_entries_for(counted_by, topic, from_date, to_date)
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
    units.provider_domain,
    units.provider_name,
    units.publisher_key,
    units.publisher_name,
    counted.story_count,
    counted.median_behind_minutes,
    counted.p75_behind_minutes,
    units.provider_id,
    units.publisher_id
from counted
join units using (unit_id)
where counted.story_count >= minimum_count
order by counted.story_count desc, units.provider_domain, units.publisher_key
