/*
chapter: Who covers how much
question: How often does each provider lead the stories it takes part in?
definition: stories led by the provider / stories of two or more articles that the provider has an article in
grain: one row per provider in a story of two or more articles
denominator: stories of two or more articles that the provider takes part in
edge_cases: who leads is upstream's choice, not who was first; see first_mover. No minimum n, look at story_count.
example: select provider_name, story_count, lead_rate from lead_rate where story_count >= 5
columns:
  provider_domain: host domain; null for (unknown)
  provider_name: most frequent name of the provider
  story_count: stories of two or more articles with an article of the provider
  lead_count: stories among them that it leads
  lead_rate: lead_count / story_count
  lead_rate_low: lower end of the 95 % Wilson interval
  lead_rate_high: upper end of the 95 % Wilson interval
  provider_id: key of the provider
*/
select
    provider_domain,
    provider_name,
    story_count,
    lead_count,
    lead_rate,
    lead_rate_low,
    lead_rate_high,
    provider_id
from lead_rate_for(minimum_count := 1)
