/*
question: Which topics take which share of the documents?
definition: >
  document_count: documents carrying the topic (full count). fractional_document_count: each document gives 1 / its number of
  topics to each of them. share: that fractional count / documents with a topic.
grain: one row per topic
denominator: documents with at least one topic
edge_cases: full counts sum to more than the documents, shares sum to 1; empty bullets were dropped
example: select topic, document_count, share from topic_share
columns:
  topic: name of the topic
  document_count: documents carrying the topic
  fractional_document_count: sum of 1 / topics of the document
  total_document_count: documents with a topic
  share: fractional_document_count / total_document_count
  topic_id: key of the topic
*/
with
carried as (
    select
        document_id,
        topic_id,
        count(*) over (partition by document_id) as topic_count
    from document_topics
),

total as (
    select count(distinct document_id) as total_document_count from document_topics
),

counted as (
    select
        topic_id,
        count(*) as document_count,
        sum(1 / topic_count) as fractional_document_count
    from carried
    group by topic_id
),

named as (
    select topic_id, name from topics
)

select
    named.name as topic,
    counted.document_count,
    counted.fractional_document_count,
    total.total_document_count,
    counted.fractional_document_count / total.total_document_count as share,
    counted.topic_id
from counted
join named using (topic_id)
cross join total
order by counted.document_count desc, named.name
