/*
chapter: Who covers what, alone or together
question: Who has which share of the coverage of each topic, for one topic or a period?
definition: distinct lead articles of the provider in documents that carry the topic / all such articles
grain: one row per topic and provider with at least minimum_count articles
denominator: distinct lead articles of the topic and period, those of providers below the minimum included
edge_cases: >
  related entries have no topics and do not count; with a date, articles without a usable time are left out; without a
  period the mart topic_provider_months has the answer
example: select provider_name, share from topic_provider_share_for(topic := 'AI', minimum_count := 1)
signature: topic = null, from_date = null, to_date = null, minimum_count = 5
columns:
  article_count: distinct lead articles of the provider on the topic
  total_article_count: distinct lead articles on the topic
*/
with
asked as (
    select topic_id, name from topics where topic is null or lower(name) = lower(topic)
),

led as (
    select distinct
        document_topics.topic_id,
        documents.lead_article_id as article_id
    from document_topics
    join documents using (document_id)
    where not (from_date is null and to_date is null)
),

sized as (
    select topic_id, provider_id, article_count
    from topic_provider_months
    where from_date is null and to_date is null
    union all
    select led.topic_id, chosen.provider_id, count(*)
    from led
    join articles_for(null, from_date, to_date) as chosen using (article_id)
    group by led.topic_id, chosen.provider_id
),

counted as (
    select
        topic_id,
        provider_id,
        cast(sum(article_count) as bigint) as article_count,
        cast(sum(sum(article_count)) over (partition by topic_id) as bigint) as total_article_count
    from sized
    group by topic_id, provider_id
)

select
    asked.name as topic,
    providers.domain as provider_domain,
    providers.name as provider_name,
    counted.article_count,
    counted.total_article_count,
    counted.article_count / counted.total_article_count as share,
    wilson_low(counted.article_count, counted.total_article_count) as share_low,
    wilson_high(counted.article_count, counted.total_article_count) as share_high,
    counted.topic_id,
    counted.provider_id
from counted
join asked using (topic_id)
join providers using (provider_id)
where counted.article_count >= minimum_count
order by asked.name, counted.article_count desc, provider_domain
