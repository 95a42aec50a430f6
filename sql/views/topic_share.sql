/*
chapter: Who covers what, alone or together
question: Which topics take which share of the documents?
grain: one row per topic
denominator: documents with at least one topic
edge_cases: full counts sum to more than the documents, shares sum to 1; empty bullets were dropped
headline: true
example: select topic, document_count, share from topic_share
*/
with
documents_of_topic as (
    select
        topic_id,
        cast(sum(month_document_count) as bigint) as document_count,
        -- In one order: in any, the last digit would differ from call to call.
        sum(month_document_count / topic_count order by month_start, topic_count) as fractional_document_count
    from topic_months
    group by topic_id
),

-- Each document with k topics was counted k times.
documents_with_topics as (
    select sum(month_document_count) // topic_count as document_count from topic_months group by topic_count
),

total as (
    select cast(sum(document_count) as bigint) as total_document_count from documents_with_topics
)

select
    topics.name as topic, documents_of_topic.document_count, documents_of_topic.fractional_document_count,
    total.total_document_count,
    documents_of_topic.fractional_document_count / total.total_document_count as share,
    wilson(documents_of_topic.fractional_document_count, total.total_document_count).low as share_low,
    wilson(documents_of_topic.fractional_document_count, total.total_document_count).high as share_high,
    documents_of_topic.topic_id
from documents_of_topic
join topics using (topic_id)
cross join total
order by documents_of_topic.document_count desc, topics.name
