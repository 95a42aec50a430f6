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
select
    topic,
    provider_domain,
    provider_name,
    article_count,
    total_article_count,
    share,
    share_low,
    share_high,
    topic_id,
    provider_id
from topic_provider_share_for(minimum_count := 1)
