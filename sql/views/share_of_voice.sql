/*
chapter: Who covers how much
question: Who has which share of the coverage, by host?
definition: >
  articles of the provider / all articles; each article counts once, whatever the number of documents that mention it
grain: one row per provider that has an article
denominator: all distinct articles
edge_cases: articles without a provider domain count under (unknown); the shares sum to 1
example: select provider_name, article_count, share from share_of_voice limit 10
columns:
  total_article_count: distinct articles of all providers
*/
select
    provider_domain,
    provider_name,
    article_count,
    total_article_count,
    share,
    share_low,
    share_high,
    provider_id
from share_of_voice_for('provider', minimum_count := 1)
