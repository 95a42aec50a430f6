/*
chapter: Who covers how much
question: Whose articles lead which share of the documents, by publisher, overall and by state?
grain: one row per publisher and state, where the publisher leads a document of that state
denominator: documents of the state; of all states for `all`
edge_cases: a piece of news usually has several documents; for one count per piece of news see lead_rate
headline: true
example: select publisher_name, document_count, share from lead_share_by_publisher where state = 'head' limit 10
*/
select
    publisher_key, publisher_name, state, document_count, total_document_count, share, share_low, share_high,
    publisher_id
from lead_share_for(counted_by := 'publisher', minimum_count := 1)
