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
  first_published_at: when it entered the story, UTC
*/
select
    stories.title, articles.url, units.provider_domain, units.provider_name, units.publisher_key, units.publisher_name,
    first_units.credit, first_units.margin_minutes, first_units.is_tied, first_units.is_clock_safe,
    first_units.unit_count, stories.provider_count, first_units.first_published_at, stories.source_name,
    first_units.story_id, units.provider_id, units.publisher_id
from first_units_for(source, topic, query, from_date, to_date, counted_by) as first_units
join coverage_units(counted_by) as units on first_units.unit_id = units.unit_id
join stories on first_units.story_id = stories.story_id
left join articles on stories.lead_article_id = articles.article_id
