/*
chapter: Building blocks
question: Which documents belong to a source, a topic, some words and a period?
definition: >
  documents of the source that carry the topic, whose lead has the words and appeared in the period (UTC days, both
  included); null asks for all. Copies are among them, with the state `copy` and the topics of what they equal.
grain: one row per document
edge_cases: with a date, documents whose lead has no usable day are left out
example: select count(*) from documents_for(null, null, 'recognition', null, null)
signature: source, topic, query, from_date, to_date
parameters:
  source: name of a source
  topic: a topic's name
  query: a search, see search_terms, of the lead
  from_date: first day of the lead's publication
  to_date: last day of the lead's publication
columns:
  provider_id: provider of its lead
*/
with
in_period as (
    select document_id, provider_id, lead_article_id, state, is_published, content_hash
    from documents
    where
        (source is null or source_name = source_named(source))
        and (from_date is null or published_date >= cast(from_date as date))
        and (to_date is null or published_date <= cast(to_date as date))
),

with_topic as (
    select document_id from document_topics where topic is not null and topic_id = topic_named(topic)
),

copied as (
    select documents.content_hash
    from documents
    semi join with_topic using (document_id)
),

of_query as (
    select article_id from articles_matching(query) where query is not null
)

select
    in_period.document_id, in_period.provider_id, in_period.state, in_period.is_published, in_period.lead_article_id
from in_period
where
    (
        topic is null
        or in_period.document_id in (select with_topic.document_id from with_topic)
        or (in_period.state = 'copy' and in_period.content_hash in (select copied.content_hash from copied))
    )
    and (query is null or in_period.lead_article_id in (select of_query.article_id from of_query))
