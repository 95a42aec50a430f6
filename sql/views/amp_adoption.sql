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
select
    provider_domain,
    provider_name,
    article_count,
    amp_article_count,
    amp_rate,
    amp_rate_low,
    amp_rate_high,
    provider_id
from amp_adoption_for('provider', minimum_count := 1)
