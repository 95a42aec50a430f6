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
select
    topic,
    document_count,
    fractional_document_count,
    total_document_count,
    share,
    share_low,
    share_high,
    topic_id
from topic_share_for(minimum_count := 1)
