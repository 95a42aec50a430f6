/*
chapter: Who is first, who is late
question: Who was first in each story, and by which margin?
definition: >
  The providers with the earliest entry in a story of two or more providers share the credit, 1/k each. The margin is
  the time from there to the next provider, 0 when two or more were first together.
grain: one row per story and first provider
edge_cases: >
  stories in which fewer than two providers have a time are left out. is_clock_safe: nobody shares the credit and the
  margin is longer than eight hours, so that the verdict survives a clock error of eight hours.
example: select title, provider_name, margin_minutes, is_clock_safe from first_mover_by_story
columns:
  title: headline of the story, that of its lead
  url: address of the lead, as written
  credit: 1 / number of first providers
  margin_minutes: minutes to the second provider
  is_tied: two or more providers were first
  unit_count: providers of the story that have an article with a time
  first_published_at: when the first mover entered the story, UTC
*/
select
    title, url, provider_domain, provider_name, credit, margin_minutes, is_tied, is_clock_safe,
    unit_count, provider_count,
    first_published_at, source_name, story_id, provider_id
from first_mover_by_story_for(counted_by := 'provider')
