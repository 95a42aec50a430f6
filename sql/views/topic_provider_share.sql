/*
chapter: Who covers what, alone or together
question: Who has which share of the coverage of each topic?
grain: one row per topic and provider
denominator: distinct lead articles of the topic
edge_cases: related entries have no topics and do not count
headline: true
example: select topic, provider_name, article_count, share from topic_provider_share where topic = 'AI'
*/
with
leads as (
    select
        topic_id, provider_id,
        cast(sum(month_article_count) as bigint) as article_count,
        cast(sum(sum(month_article_count)) over (partition by topic_id) as bigint) as total_article_count
    from topic_provider_months
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
order by topics.name, leads.article_count desc, provider_domain
