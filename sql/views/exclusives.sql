/*
chapter: Who covers what, alone or together
question: Which stories does a provider have to itself?
definition: stories whose only provider it is / stories it takes part in
grain: one row per provider
denominator: stories with an article of the provider
edge_cases: a story of one provider may have several of its articles; no minimum n, look at story_count
headline: true
example: select provider_name, exclusive_story_count, exclusive_rate from exclusives limit 10
columns:
  exclusive_story_count: stories with no other provider
*/
select
    provider_domain, provider_name, exclusive_story_count, story_count, exclusive_rate, exclusive_rate_low,
    exclusive_rate_high, provider_id
from exclusives_for(counted_by := 'provider', minimum_count := 1)
