/*
chapter: Building blocks
question: In which stories did one provider or publisher enter within some hours of another?
definition: both have a time in the story, and the times lie at most window_hours apart
grain: one row per story and ordered pair of units
edge_cases: >
  only units with at least minimum_count stories, so that one story of thousands of units does not make millions of
  pairs
example: select count(*) from pickups_for(null, null, null, null, null, 'provider', 2, 24)
signature: source, topic, query, from_date, to_date, counted_by, minimum_count, window_hours
parameters:
  minimum_count: fewest stories of a unit
  window_hours: longest time between the two, in hours
columns:
  leader_id: key of the first unit of the pair
  follower_id: key of the second
  delay_minutes: minutes by which the second entered after the first; negative = it was ahead
*/
with
entries as (
    select
        story_id, unit_id,
        epoch_us(entered_at) as entered_at
    from story_entries_for(source, topic, query, from_date, to_date, counted_by)
    qualify count(*) over (partition by unit_id) >= minimum_count
)

select
    entries.story_id,
    entries.unit_id as leader_id,
    others.unit_id as follower_id,
    (others.entered_at - entries.entered_at) / 60e6 as delay_minutes
from entries
join entries as others on entries.story_id = others.story_id and entries.unit_id <> others.unit_id
where abs(others.entered_at - entries.entered_at) <= window_hours * 3600e6
