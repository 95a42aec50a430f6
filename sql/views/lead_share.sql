/*
chapter: Who covers how much
question: Who leads which share of the documents, overall and by state?
definition: documents led by the provider / documents, for all documents together and for each state
grain: one row per provider and state, where the provider leads a document of that state
denominator: documents of the state; of all states for `all`
edge_cases: a piece of news usually has several documents; for one count per piece of news see lead_rate
example: select provider_name, document_count, share from lead_share where state = 'head' limit 10
columns:
  provider_domain: host domain; null for (unknown)
  provider_name: most frequent name of the provider
  state: "`all`, `head`, `folded`, `suppressed` or `unknown`"
  document_count: documents led by the provider
  total_document_count: documents of the state
  share: document_count / total_document_count
  share_low: lower end of the 95 % Wilson interval
  share_high: upper end of the 95 % Wilson interval
  provider_id: key of the provider
*/
select
    provider_domain,
    provider_name,
    state,
    document_count,
    total_document_count,
    share,
    share_low,
    share_high,
    provider_id
from lead_share_for(minimum_count := 1)
