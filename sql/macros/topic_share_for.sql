/*
chapter: Who covers what, alone or together
question: Which topics take which share of the documents of a provider or a period?
definition: >
  document_count: documents carrying the topic (full count). fractional_document_count: each document gives 1 / its
  number of topics to each of them. share: that fractional count / documents with a topic.
grain: one row per topic with at least minimum_count documents
denominator: documents of the selection with at least one topic
edge_cases: >
  full counts sum to more than the documents, shares sum to 1 (without a minimum); without a provider and a period the
  mart topic_months has the answer
example: select topic, share from topic_share_for(provider := 'cnet.com', minimum_count := 1)
signature: provider = null, from_date = null, to_date = null, minimum_count = 5
parameters:
  provider: domain of the provider that leads the document
columns:
  document_count: documents carrying the topic
  fractional_document_count: sum of 1 / topics of the document
  total_document_count: documents with a topic
  share: fractional_document_count / total_document_count
*/
with
asked_provider as (
    select provider_id
    from providers
    where domain = asked_domain(provider)
),

chosen as (
    select document_id
    from documents_for(null, from_date, to_date)
    where
        not (provider is null and from_date is null and to_date is null)
        and (provider is null or provider_id in (select asked_provider.provider_id from asked_provider))
),

-- Documents by topic and by how many topics each of them has.
sized as (
    select topic_id, topic_count, document_count
    from topic_months
    where provider is null and from_date is null and to_date is null
    union all
    select topic_id, topic_count, count(*)
    from (
        select
            topic_id,
            count(*) over (partition by document_id) as topic_count
        from document_topics
        semi join chosen using (document_id)
    )
    group by topic_id, topic_count
),

counted as (
    select
        topic_id,
        cast(sum(document_count) as bigint) as document_count,
        sum(document_count / topic_count) as fractional_document_count
    from sized
    group by topic_id
),

-- Each document with k topics was counted k times.
by_topic_count as (
    select topic_count, sum(document_count) // topic_count as document_count from sized group by topic_count
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
where counted.document_count >= minimum_count
order by counted.document_count desc, named.name
