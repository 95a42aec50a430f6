/*
chapter: Who covers how much
question: Who leads which share of the documents, overall and by state?
grain: one row per provider and state, where the provider leads a document of that state
denominator: documents of the state; of all states for `all`
edge_cases: a piece of news usually has several documents; for one count per piece of news see lead_rate
headline: true
example: select provider_name, document_count, share from lead_share where state = 'head' limit 10
*/
select
    provider_domain, provider_name, state, document_count, total_document_count, share, share_low, share_high,
    provider_id
from lead_share_for(counted_by := 'provider', minimum_count := 1)
