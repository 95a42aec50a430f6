/*
chapter: Who covers what, alone or together
question: Who has which share of the coverage of each topic?
grain: one row per topic and provider
denominator: distinct lead articles of the topic
edge_cases: related entries have no topics and do not count
example: select topic, provider_name, article_count, share from topic_provider_share where topic = 'AI'
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
