/*
chapter: Who covers what, alone or together
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
  share_low: lower end of the 95 % Wilson interval
  share_high: upper end of the 95 % Wilson interval
  topic_id: key of the topic
*/
with
counted as (
    select
        topic_id,
        cast(sum(document_count) as bigint) as document_count,
        sum(document_count / topic_count) as fractional_document_count
    from topic_months
    group by topic_id
),

-- Each document with k topics stands in k rows of the mart.
by_topic_count as (
    select topic_count, sum(document_count) // topic_count as document_count from topic_months group by topic_count
),

total as (
    select cast(sum(document_count) as bigint) as total_document_count from by_topic_count
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
    wilson_low(counted.fractional_document_count, total.total_document_count) as share_low,
    wilson_high(counted.fractional_document_count, total.total_document_count) as share_high,
    counted.topic_id
from counted
join named using (topic_id)
cross join total
order by counted.document_count desc, named.name
