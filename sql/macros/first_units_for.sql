/*
chapter: Building blocks
question: Which provider or publisher was first in each story, and by which margin?
definition: see first_mover_by_story_for, which adds names, headlines and links
grain: one row per story and first unit
edge_cases: stories in which fewer than two units have a time are left out
example: select count(*) from first_units_for(null, null, null, null, null, 'provider')
signature: source, topic, query, from_date, to_date, counted_by
columns:
  first_published_at: when it entered the story, UTC
*/
with
entries as (
    select story_id, unit_id, entered_at from story_entries_for(source, topic, query, from_date, to_date, counted_by)
),

ranked as (
    select
        story_id, unit_id, entered_at,
        rank() over earliest as place,
        count(*) over (partition by story_id) as unit_count,
        nth_value(entered_at, 2) over (
            partition by story_id order by entered_at rows between unbounded preceding and unbounded following
        ) as second_entered_at
    from entries
    window earliest as (partition by story_id order by entered_at)
),

first_entries as (
    select
        story_id, unit_id, entered_at, unit_count,
        count(*) over (partition by story_id) as first_count,
        (epoch_us(second_entered_at) - epoch_us(entered_at)) / 60e6 as margin_minutes
    from ranked
    where place = 1 and unit_count >= 2
)

select
    story_id, unit_id,
    1 / first_count as credit,
    margin_minutes,
    first_count > 1 as is_tied,
    first_count = 1 and margin_minutes > 8 * 60 as is_clock_safe,
    unit_count,
    entered_at as first_published_at
from first_entries
