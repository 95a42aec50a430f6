/*
chapter: How good it is
question: Who offers AMP pages?
grain: one row per provider with an article of type article
headline: true
example: select provider_name, article_count, amp_rate from amp_adoption limit 10
*/
select
    provider_domain, provider_name, article_count, amp_article_count, amp_rate, amp_rate_low, amp_rate_high, provider_id
from amp_adoption_for(counted_by := 'provider', minimum_count := 1)
