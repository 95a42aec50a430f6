/*
chapter: Building blocks
question: Which articles belong to a topic, a period and a provider?
definition: >
  Articles first published in the period (UTC days, both included); with a topic, the lead articles of documents that
  carry it, since related entries have no topics. Null asks for all.
grain: one row per article
edge_cases: with a date, articles without a usable time are left out
example: select count(*) from articles_for('AI', null, null)
signature: topic, from_date, to_date, provider = null
parameters:
  topic: a topic's name; counts lead articles only
  from_date: first day of publication
  to_date: last day of publication
*/
with
in_period as (
    select article_id, provider_id, publisher_id, entry_count, published_at, media_type, quality, has_amp, image_count
    from articles
    where
        (from_date is null or published_at >= cast(from_date as date))
        and (to_date is null or published_at < cast(to_date as date) + interval 1 day)
),

with_topic as (
    select documents.lead_article_id as article_id
    from document_topics
    join topics using (topic_id)
    join documents using (document_id)
    where lower(topics.name) = lower(topic)
)

select
    in_period.article_id, in_period.provider_id, in_period.publisher_id, in_period.entry_count, in_period.published_at,
    in_period.media_type, in_period.quality, in_period.has_amp, in_period.image_count
from in_period
where
    (topic is null or in_period.article_id in (select with_topic.article_id from with_topic))
    and (
        provider is null
        or in_period.provider_id in (select providers.provider_id from providers where domain = domain_named(provider))
    )
