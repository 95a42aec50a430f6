/*
chapter: Who is first, who is late
question: Of two providers that cover the same stories, which is usually first, and by how much?
definition: >
  Over the stories in which both have a time: who entered first. P(A first) = (A + ties / 2) / n; the lead is B's entry minus
  A's, the median linearly interpolated.
grain: one row per pair of providers with a common story; a before b by domain
denominator: stories in which both providers have a time
edge_cases: entries without a provider domain are left out; no minimum n, use lead_lag_for for pairs worth reading
example: from lead_lag where story_count >= 5
columns:
  provider_domain_a: first domain by alphabet
  provider_domain_b: second domain by alphabet
  story_count: common stories
  a_first_count: stories in which a entered before b
  b_first_count: stories in which b entered before a
  tie_count: stories in which both entered at the same instant
  a_first_probability: (a_first_count + tie_count / 2) / story_count
  a_first_probability_low: lower end of the 95 % Wilson interval
  a_first_probability_high: upper end of the 95 % Wilson interval
  median_lead_minutes: minutes by which b enters after a; negative = b leads
*/
select
    provider_domain_a,
    provider_domain_b,
    story_count,
    a_first_count,
    b_first_count,
    tie_count,
    a_first_probability,
    a_first_probability_low,
    a_first_probability_high,
    median_lead_minutes
from lead_lag_for(minimum_count := 1)
