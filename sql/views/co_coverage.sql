/*
chapter: Who covers what, alone or together
question: Which providers cover the same stories?
grain: one row per pair of providers with a common story; a before b by domain
edge_cases: entries without a provider domain are left out; no minimum n, use co_coverage_for for pairs worth reading
example: from co_coverage limit 10
*/
select provider_domain_a, provider_domain_b, both_story_count, either_story_count, jaccard
from co_coverage_for(minimum_count := 1)
