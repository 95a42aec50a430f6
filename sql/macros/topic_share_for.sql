/*
chapter: Who covers what, alone or together
question: Which topics take which share of the documents of a provider, a publisher or a period?
definition: >
  document_count: documents carrying the topic (full count). fractional_document_count: each document gives 1 / its
  number of topics to each of them. share: that fractional count / documents with a topic.
grain: one row per topic with at least minimum_count documents
denominator: documents of the selection with at least one topic
edge_cases: full counts sum to more than the documents, shares sum to 1 (without a minimum)
example: select topic, share from topic_share_for(query := 'recognition', minimum_count := 1)
signature: >
  provider = null, source = null, query = null, from_date = null, to_date = null, minimum_count = 5, publisher = null
parameters:
  provider: domain of the provider that leads the document
  publisher: who wrote the lead of the document, as publisher_named takes it
columns:
  document_count: documents carrying the topic
  fractional_document_count: sum of 1 / topics of the document
  total_document_count: documents with a topic
  share: fractional_document_count / total_document_count
*/
with
chosen_documents as (
    select document_id
    from documents_for(source, null, query, from_date, to_date)
    where
        (provider is null or provider_id = provider_named(provider))
        and (
            publisher is null
            or lead_article_id in (
                select articles.article_id from articles where articles.publisher_id = publisher_named(publisher)
            )
        )
),

topics_of_document as (
    select
        document_id, topic_id,
        count(*) over (partition by document_id) as topic_count
    from document_topics
    semi join chosen_documents using (document_id)
),

-- By the number of topics first: fractions added up in any order would differ in the last digit from call to call.
documents_by_topic_count as (
    select topic_id, topic_count, count(*) as document_count from topics_of_document group by topic_id, topic_count
),

documents_of_topic as (
    select
        topic_id,
        cast(sum(document_count) as bigint) as document_count,
        sum(document_count / topic_count order by topic_count) as fractional_document_count
    from documents_by_topic_count
    group by topic_id
),

total as (
    select count(distinct document_id) as total_document_count from topics_of_document
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
where documents_of_topic.document_count >= minimum_count
order by documents_of_topic.document_count desc, topics.name
