/*
chapter: Who covers how much
question: Who leads which share of the documents of a topic or period, overall and by state?
definition: documents led by the provider or publisher / documents, for all documents together and for each state
grain: one row per provider or publisher and state with at least minimum_count documents
denominator: >
  documents of the selection and state, those of units below the minimum included; of all states for `all`
edge_cases: >
  the publisher is that of the lead article; a piece of news usually has several documents; for one count per piece of
  news see lead_rate_for
example: select provider_name, share from lead_share_for(query := 'recognition', minimum_count := 1)
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider',
  minimum_count = 5
columns:
  state: "`all`, `head`, `folded`, `suppressed` or `unknown`"
  document_count: documents led by the provider or publisher
  total_document_count: documents of the state
  share: document_count / total_document_count
*/
with
chosen as (
    select
        if(counted_by = 'publisher', articles.publisher_id, chosen_documents.provider_id) as unit_id,
        chosen_documents.state
    from documents_for(source, topic, query, from_date, to_date) as chosen_documents
    join articles on chosen_documents.lead_article_id = articles.article_id
    where chosen_documents.state <> 'copy'
),

leads as (
    select unit_id, state from chosen
    union all
    select unit_id, 'all' from chosen
),

counted as (
    select
        unit_id, state,
        count(*) as document_count,
        cast(sum(count(*)) over (partition by state) as bigint) as total_document_count
    from leads
    group by unit_id, state
)

select
    units.provider_domain, units.provider_name, units.publisher_key, units.publisher_name, counted.state,
    counted.document_count, counted.total_document_count,
    counted.document_count / counted.total_document_count as share,
    wilson(counted.document_count, counted.total_document_count).low as share_low,
    wilson(counted.document_count, counted.total_document_count).high as share_high,
    units.provider_id, units.publisher_id
from counted
join coverage_units(counted_by) as units using (unit_id)
where counted.document_count >= minimum_count
order by
    list_position(['all', 'head', 'folded', 'suppressed', 'unknown'], counted.state),
    counted.document_count desc,
    units.provider_domain,
    units.publisher_key
