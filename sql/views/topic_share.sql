/*
chapter: Who covers what, alone or together
question: Which topics take which share of the documents?
grain: one row per topic
denominator: documents with at least one topic
edge_cases: full counts sum to more than the documents, shares sum to 1; empty bullets were dropped
example: select topic, document_count, share from topic_share
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
