/*
chapter: Who covers what, alone or together
question: Which providers cover the same stories?
definition: Jaccard index of their story sets, stories of both / stories of either (Jaccard 1901)
grain: one row per pair of providers with a common story; a before b by domain
denominator: stories of either provider
edge_cases: entries without a provider domain are left out; no minimum n, use co_coverage_for for pairs worth reading
example: from co_coverage limit 10
columns:
  provider_domain_a: first domain by alphabet
  provider_domain_b: second domain by alphabet
  both_story_count: stories of both
  either_story_count: stories of either
  jaccard: both_story_count / either_story_count
*/
select
    provider_domain_a,
    provider_domain_b,
    both_story_count,
    either_story_count,
    jaccard
from co_coverage_for(minimum_count := 1)
