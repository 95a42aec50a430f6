/*
chapter: Who covers how much
question: Who has which share of the coverage, by host?
definition: >
  articles of the provider / all articles; each article counts once, whatever the number of documents that mention it
grain: one row per provider that has an article
denominator: all distinct articles
edge_cases: articles without a provider domain count under (unknown); the shares sum to 1
headline: true
example: select provider_name, article_count, share from share_of_voice limit 10
columns:
  total_article_count: distinct articles of all providers
*/
with
articles_of_provider as (
    select
        provider_id,
        cast(sum(month_article_count) as bigint) as article_count,
        cast(sum(sum(month_article_count)) over () as bigint) as total_article_count
    from provider_months
    group by provider_id
)

select
    providers.domain as provider_domain, providers.name as provider_name, articles_of_provider.article_count,
    total_article_count,
    articles_of_provider.article_count / total_article_count as share,
    wilson(articles_of_provider.article_count, total_article_count).low as share_low,
    wilson(articles_of_provider.article_count, total_article_count).high as share_high,
    provider_id
from articles_of_provider
join providers using (provider_id)
order by articles_of_provider.article_count desc, provider_domain
