/*
chapter: Who covers what, alone or together
question: Who has which share of the coverage of each topic, for one topic or a period?
definition: distinct lead articles of the provider in documents that carry the topic / all such articles
grain: one row per topic and provider with at least minimum_count articles
denominator: distinct lead articles of the topic and period, those of providers below the minimum included
edge_cases: related entries have no topics and do not count; with a date, articles without a usable day are left out
example: select provider_name, share from topic_provider_share_for(query := 'recognition', minimum_count := 1)
signature: source = null, topic = null, query = null, from_date = null, to_date = null, minimum_count = 5
columns:
  article_count: distinct lead articles of the provider on the topic
  total_article_count: distinct lead articles on the topic
*/
with
leads_of_topic as (
    select distinct document_topics.topic_id, documents.lead_article_id as article_id
    from document_topics
    join documents using (document_id)
),

leads as (
    select
        topic_id, provider_id,
        count(*) as article_count,
        cast(sum(count(*)) over (partition by topic_id) as bigint) as total_article_count
    from leads_of_topic
    join articles_for(source, null, query, from_date, to_date) as chosen using (article_id)
    group by topic_id, provider_id
)

select
    topics.name as topic, providers.domain as provider_domain, providers.name as provider_name, leads.article_count,
    leads.total_article_count,
    leads.article_count / leads.total_article_count as share,
    wilson(leads.article_count, leads.total_article_count).low as share_low,
    wilson(leads.article_count, leads.total_article_count).high as share_high,
    leads.topic_id, leads.provider_id
from leads
join topics using (topic_id)
join providers using (provider_id)
where (topic is null or leads.topic_id = topic_named(topic)) and leads.article_count >= minimum_count
order by topics.name, leads.article_count desc, provider_domain
