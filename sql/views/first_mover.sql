/*
chapter: Who is first, who is late
question: How often is each provider first with a story, by host?
definition: >
  first_rate = credit / stories taken part in. Stories of two or more providers count; the providers with the earliest
  entry share the credit 1/k.
grain: one row per provider that takes part in a story of two or more providers
denominator: stories with two or more providers in which the provider has a time
edge_cases: no minimum n; look at story_count, or use first_mover_for. The credits sum to the stories.
headline: true
example: select provider_name, story_count, first_credit, first_rate from first_mover where story_count >= 10
columns:
  story_count: stories with two or more providers that the provider takes part in
*/
select
    provider_domain, provider_name, story_count, first_credit, first_rate, first_rate_low, first_rate_high,
    clock_safe_story_count, clock_safe_credit, provider_id
from first_mover_for(counted_by := 'provider', minimum_count := 1)
