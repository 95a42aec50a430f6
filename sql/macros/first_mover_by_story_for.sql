/*
chapter: Who is first, who is late
question: Who was first in each story, by which margin, counted by host or by publisher, for a topic or period?
definition: >
  The units with the earliest entry in a story of two or more units share the credit, 1/k each. The margin is the time
  from there to the next unit, 0 when two or more were first together.
grain: one row per story and first unit
edge_cases: >
  stories in which fewer than two units have a time are left out. is_clock_safe: nobody shares the credit and the
  margin is longer than eight hours, so that the verdict survives a clock error of eight hours.
example: from first_mover_by_story_for(counted_by := 'publisher') limit 5
signature: source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider'
columns:
  title: headline of the story, that of its lead
  url: address of the lead, as written
  credit: 1 / number of first units
  margin_minutes: minutes to the second unit
  is_tied: two or more units were first
  unit_count: providers or publishers of the story that have a time
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

first_units as (
    select
        story_id, unit_id, entered_at, unit_count,
        count(*) over (partition by story_id) as first_count,
        (epoch_us(second_entered_at) - epoch_us(entered_at)) / 60e6 as margin_minutes
    from ranked
    where place = 1 and unit_count >= 2
)

select
    stories.title, articles.url, units.provider_domain, units.provider_name, units.publisher_key, units.publisher_name,
    1 / first_units.first_count as credit,
    first_units.margin_minutes,
    first_units.first_count > 1 as is_tied,
    first_units.first_count = 1 and first_units.margin_minutes > 8 * 60 as is_clock_safe,
    first_units.unit_count, first_units.entered_at as first_published_at, stories.source_name, first_units.story_id,
    units.provider_id, units.publisher_id
from first_units
join coverage_units(counted_by) as units on first_units.unit_id = units.unit_id
join stories on first_units.story_id = stories.story_id
left join articles on stories.lead_article_id = articles.article_id
