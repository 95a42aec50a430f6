/*
chapter: Who covers how much
question: How often does each provider lead the stories it takes part in?
grain: one row per provider in a story of two or more articles
edge_cases: who leads is upstream's choice, not who was first; see first_mover. No minimum n, look at story_count.
headline: true
example: select provider_name, story_count, lead_rate from lead_rate where story_count >= 5
*/
select provider_domain, provider_name, story_count, lead_count, lead_rate, lead_rate_low, lead_rate_high, provider_id
from lead_rate_for(minimum_count := 1)
