/*
chapter: How good it is
question: Who offers AMP pages?
definition: articles of type article with an AMP or AMP cache address / articles of type article
grain: one row per provider with an article of type article
denominator: articles of type article; videos have no AMP pages
edge_cases: whether an article has one is told by its earliest occurrence
example: select provider_name, article_count, amp_rate from amp_adoption limit 10
columns:
  provider_domain: host domain; null for (unknown)
  provider_name: most frequent name of the provider
  article_count: articles of type article
  amp_article_count: those with an AMP address
  amp_rate: amp_article_count / article_count
  amp_rate_low: lower end of the 95 % Wilson interval
  amp_rate_high: upper end of the 95 % Wilson interval
  provider_id: key of the provider
*/
with
counted as (
    select
        provider_id,
        count(*) as article_count,
        count(*) filter (where has_amp) as amp_article_count
    from articles
    where media_type = 'article'
    group by provider_id
),

named as (
    select provider_id, domain, name from providers
)

select
    named.domain as provider_domain,
    named.name as provider_name,
    counted.article_count,
    counted.amp_article_count,
    counted.amp_article_count / counted.article_count as amp_rate,
    wilson_low(counted.amp_article_count, counted.article_count) as amp_rate_low,
    wilson_high(counted.amp_article_count, counted.article_count) as amp_rate_high,
    counted.provider_id
from counted
join named using (provider_id)
order by counted.article_count desc, provider_domain
