/*
chapter: Who covers what, alone or together
question: Who has which share of the coverage of each topic?
definition: distinct lead articles of the provider in documents that carry the topic / all such articles
grain: one row per topic and provider
denominator: distinct lead articles of the topic
edge_cases: related entries have no topics and do not count
example: select topic, provider_name, article_count, share from topic_provider_share where topic = 'AI'
columns:
  topic: name of the topic
  provider_domain: host domain; null for (unknown)
  provider_name: most frequent name of the provider
  article_count: distinct lead articles of the provider on the topic
  total_article_count: distinct lead articles on the topic
  share: article_count / total_article_count
  share_low: lower end of the 95 % Wilson interval
  share_high: upper end of the 95 % Wilson interval
  topic_id: key of the topic
  provider_id: key of the provider
*/
with
counted as (
    select
        topic_id,
        provider_id,
        cast(sum(article_count) as bigint) as article_count,
        cast(sum(sum(article_count)) over (partition by topic_id) as bigint) as total_article_count
    from topic_provider_months
    group by topic_id, provider_id
)

select
    topics.name as topic,
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
join topics using (topic_id)
join providers using (provider_id)
order by topics.name, counted.article_count desc, provider_domain
