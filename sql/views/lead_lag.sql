/*
chapter: Who is first, who is late
question: Of two providers that cover the same stories, which is usually first, and by how much?
grain: one row per pair of providers with a common story; a before b by domain
edge_cases: entries without a provider domain are left out; no minimum n, use lead_lag_for for pairs worth reading
example: from lead_lag where story_count >= 5
*/
select
    provider_domain_a, provider_domain_b, story_count, a_first_count, b_first_count, tie_count, a_first_probability,
    a_first_probability_low, a_first_probability_high, median_lead_minutes
from lead_lag_for(minimum_count := 1)
