/*
chapter: Who is first, who is late
question: Who was first in each story, and by which margin?
definition: >
  The providers with the earliest entry in a story of two or more providers share the credit, 1/k each. The margin is the
  time from there to the next provider, 0 when two or more were first together.
grain: one row per story and first provider
edge_cases: >
  stories in which fewer than two providers have a time are left out. is_clock_safe: nobody shares the credit and the margin
  is longer than eight hours, so that the verdict survives a clock error of eight hours.
example: select provider_name, margin_minutes, is_clock_safe from first_mover_by_story
columns:
  provider_domain: host domain of the first mover; null for (unknown)
  provider_name: most frequent name of the provider
  credit: 1 / number of first providers
  margin_minutes: minutes to the second provider
  is_tied: two or more providers were first
  is_clock_safe: the verdict survives a clock error of eight hours
  provider_count: providers of the story that have an article with a time
  first_published_at: when the first mover entered the story, UTC
  story_id: key of the story
  provider_id: key of the provider
*/
with
firsts as (
    select
        story_id,
        unit_id as provider_id,
        first_published_at,
        unit_count as provider_count,
        credit,
        margin_minutes,
        is_tied,
        is_clock_safe
    from first_mover_by_story_for('provider')
),

named as (
    select provider_id, domain, name from providers
)

select
    named.domain as provider_domain,
    named.name as provider_name,
    firsts.credit,
    firsts.margin_minutes,
    firsts.is_tied,
    firsts.is_clock_safe,
    firsts.provider_count,
    firsts.first_published_at,
    firsts.story_id,
    firsts.provider_id
from firsts
join named using (provider_id)
