/*
question: Who has which share of the coverage, by host?
definition: articles of the provider / all articles; each article counts once, whatever the number of documents that mention it
grain: one row per provider that has an article
denominator: all distinct articles
edge_cases: articles without a provider domain count under (unknown); the shares sum to 1
example: select provider_name, article_count, share from share_of_voice order by share desc limit 10
columns:
  provider_id: key of the provider
  provider_domain: host domain; null for (unknown)
  provider_name: most frequent name of the provider
  article_count: distinct articles of the provider
  total_article_count: distinct articles of all providers
  share: article_count / total_article_count
  share_low: lower end of the 95 % Wilson interval of the share
  share_high: upper end of the 95 % Wilson interval of the share
*/
with
counted as (
    select
        provider_id,
        count(*) as article_count,
        sum(count(*)) over ()::bigint as total_article_count
    from articles
    group by provider_id
),

named as (
    select provider_id, domain, name from providers
)

select
    counted.provider_id,
    named.domain as provider_domain,
    named.name as provider_name,
    counted.article_count,
    counted.total_article_count,
    counted.article_count / counted.total_article_count as share,
    wilson_low(counted.article_count, counted.total_article_count) as share_low,
    wilson_high(counted.article_count, counted.total_article_count) as share_high
from counted
join named using (provider_id)
order by counted.article_count desc, provider_domain nulls last
