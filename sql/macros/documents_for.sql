/*
chapter: Building blocks
question: Which documents belong to a topic and a period?
definition: >
  documents that carry the topic and whose lead appeared in the period (UTC days, both included); null asks for all
grain: one row per document
edge_cases: with a date, documents whose lead has no time are left out
example: select count(*) from documents_for('AI', null, null)
signature: topic, from_date, to_date
parameters:
  topic: a topic's name
  from_date: first day of the lead's publication
  to_date: last day of the lead's publication
columns:
  provider_id: provider of its lead
*/
with
in_period as (
    select document_id, provider_id, state, is_published
    from documents
    where
        (from_date is null or published_at >= cast(from_date as date))
        and (to_date is null or published_at < cast(to_date as date) + interval 1 day)
),

with_topic as (
    select document_topics.document_id
    from document_topics
    join topics using (topic_id)
    where lower(topics.name) = lower(topic)
)

select in_period.document_id, in_period.provider_id, in_period.state, in_period.is_published
from in_period
where topic is null or in_period.document_id in (select with_topic.document_id from with_topic)
