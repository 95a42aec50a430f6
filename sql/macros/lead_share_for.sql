/*
chapter: Who covers how much
question: Who leads which share of the documents of a topic or period, overall and by state?
definition: documents led by the provider / documents, for all documents together and for each state
grain: one row per provider and state with at least minimum_count documents
denominator: >
  documents of the selection and state, those of providers below the minimum included; of all states for `all`
edge_cases: a piece of news usually has several documents; for one count per piece of news see lead_rate_for
example: select provider_name, share from lead_share_for(query := 'recognition', minimum_count := 1)
signature: source = null, topic = null, query = null, from_date = null, to_date = null, minimum_count = 5
columns:
  state: "`all`, `head`, `folded`, `suppressed` or `unknown`"
  document_count: documents led by the provider
  total_document_count: documents of the state
  share: document_count / total_document_count
*/
with
leads as (
    select provider_id, state from documents_for(source, topic, query, from_date, to_date) union all
    select provider_id, 'all' from documents_for(source, topic, query, from_date, to_date)
),

counted as (
    select
        provider_id, state,
        count(*) as document_count,
        cast(sum(count(*)) over (partition by state) as bigint) as total_document_count
    from leads
    group by provider_id, state
)

select
    providers.domain as provider_domain, providers.name as provider_name, counted.state, counted.document_count,
    counted.total_document_count,
    counted.document_count / counted.total_document_count as share,
    wilson(counted.document_count, counted.total_document_count).low as share_low,
    wilson(counted.document_count, counted.total_document_count).high as share_high,
    counted.provider_id
from counted
join providers using (provider_id)
where counted.document_count >= minimum_count
order by
    list_position(['all', 'head', 'folded', 'suppressed', 'unknown'], counted.state),
    counted.document_count desc,
    provider_domain
