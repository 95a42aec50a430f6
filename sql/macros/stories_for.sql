/*
chapter: Building blocks
question: Which stories belong to a topic and a period?
definition: >
  Stories whose head or representative document carries the topic and whose lead appeared in the period (UTC days,
  both included). Null asks for all.
grain: one row per story
edge_cases: with a date, stories whose lead has no time are left out
example: select count(*) from stories_for(null, '2020-01-01', '2020-12-31')
signature: topic, from_date, to_date
parameters:
  topic: a topic's name, of the story's head or representative document
  from_date: first day of the story's lead
  to_date: last day of the story's lead
*/
with
in_period as (
    select story_id, document_id
    from stories
    where
        (from_date is null or lead_published_at >= cast(from_date as date))
        and (to_date is null or lead_published_at < cast(to_date as date) + interval 1 day)
),

with_topic as (
    select document_topics.document_id
    from document_topics
    join topics using (topic_id)
    where lower(topics.name) = lower(topic)
)

select in_period.story_id
from in_period
where topic is null or in_period.document_id in (select with_topic.document_id from with_topic)
