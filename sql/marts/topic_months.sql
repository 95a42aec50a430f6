/*
question: How many documents carry each topic per month?
definition: documents by the month of their lead (UTC), by topic and by the number of topics that they carry
grain: one row per month, topic and number of topics of a document
edge_cases: >
  A document with k topics stands in k rows, so month_document_count / topic_count sums to the documents with a topic.
  Documents without a usable day have the month null.
example: >
  select month_start, sum(month_document_count / topic_count) as documents from topic_months group by month_start
  order by month_start
columns:
  topic_count: distinct topics that each of the documents carries
  month_document_count: documents carrying the topic
*/
with
carried as (
    select document_id, topic_id, count(*) over (partition by document_id) as topic_count from document_topics
),

dated as (
    select document_id, cast(date_trunc('month', published_date) as date) as month_start from documents
)

select
    dated.month_start, carried.topic_id, carried.topic_count,
    count(*) as month_document_count
from carried
join dated using (document_id)
group by all
order by dated.month_start nulls last, carried.topic_id, carried.topic_count
