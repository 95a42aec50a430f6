/*
chapter: Building blocks
question: Which articles belong to a source, a topic, some words, a period, a provider and a publisher?
definition: >
  Articles first published in the period (days of the time zone, both included); with a source, those that a document
  of it mentions; with a topic, the lead articles of documents that carry it, since related entries have no topics; with
  a query, those that articles_matching finds; with a provider, those on its domain; with a publisher, those that it
  wrote, on whatever domain. Null asks for all.
grain: one row per article
edge_cases: >
  with a date, articles without a usable day are left out; an article that documents of two sources mention belongs to
  both
example: select count(*) from articles_for(null, null, 'recognition', null, null)
signature: source, topic, query, from_date, to_date, provider = null, time_zone = 'UTC', publisher = null
parameters:
  source: name of a source
  topic: a topic's name; counts lead articles only
  query: a search, see search_terms
  from_date: first day of publication
  to_date: last day of publication
*/
with
dated as (
    select article_id, provider_id, publisher_id, entry_count, published_at, published_date, media_type, quality,
        has_amp, image_count,
        if(
            time_zone = 'UTC',
            published_date,
            cast(period_started(published_at, published_date, 'day', time_zone) as date)
        ) as shown_date
    from articles
),

in_period as (
    select article_id, provider_id, publisher_id, entry_count, published_at, published_date, media_type, quality,
        has_amp, image_count
    from dated
    where
        (from_date is null or shown_date >= cast(from_date as date))
        and (to_date is null or shown_date <= cast(to_date as date))
),

-- Each list says itself that it is empty unless it is asked for: only then the planner leaves it out.
documents_of_source as (
    select document_id, lead_article_id
    from documents
    where source is not null and state is distinct from 'copy' and source_name = source_named(source)
),

of_source as (
    select lead_article_id as article_id from documents_of_source
    union all
    select related_links.article_id
    from related_links
    join documents_of_source using (document_id)
),

with_topic as (
    select documents.lead_article_id as article_id
    from document_topics
    join documents using (document_id)
    where topic is not null and document_topics.topic_id = topic_named(topic)
),

of_query as (
    select article_id from articles_matching(query) where query is not null
)

select
    in_period.article_id, in_period.provider_id, in_period.publisher_id, in_period.entry_count, in_period.published_at,
    in_period.published_date, in_period.media_type, in_period.quality, in_period.has_amp, in_period.image_count
from in_period
where
    (source is null or in_period.article_id in (select of_source.article_id from of_source))
    and (topic is null or in_period.article_id in (select with_topic.article_id from with_topic))
    and (query is null or in_period.article_id in (select of_query.article_id from of_query))
    and (provider is null or in_period.provider_id = provider_named(provider))
    and (publisher is null or in_period.publisher_id = publisher_named(publisher))
