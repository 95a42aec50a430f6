/*
question: Of two providers that cover the same stories, which is usually first, and by how much?
definition: >
  Over the stories in which both have a time: who entered first. P(A first) = (A + ties / 2) / n; the lead is B's entry minus
  A's, the median linearly interpolated.
grain: one row per pair of providers with at least minimum_count common stories; a before b by domain
denominator: stories in which both providers have a time
edge_cases: entries without a provider domain are left out
example: from lead_lag_for(minimum_count := 3)
parameters:
  topic = null: a topic's name, of the story's head or representative document
  from_date = null: first day of the story's lead
  to_date = null: last day of the story's lead
  minimum_count = 5: fewest common stories for a row
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
with
entries as (
    select
        entered.story_id,
        providers.domain,
        entered.entered_at
    from story_entries_for('provider', topic, from_date, to_date) as entered
    join providers on entered.unit_id = providers.provider_id
    where providers.domain is not null
),

pairs as (
    select
        a.domain as provider_domain_a,
        b.domain as provider_domain_b,
        (epoch_us(b.entered_at) - epoch_us(a.entered_at)) / 60e6 as lead_minutes
    from entries as a
    join entries as b on a.story_id = b.story_id and a.domain < b.domain
),

counted as (
    select
        provider_domain_a,
        provider_domain_b,
        count(*) as story_count,
        count(*) filter (where lead_minutes > 0) as a_first_count,
        count(*) filter (where lead_minutes < 0) as b_first_count,
        count(*) filter (where lead_minutes = 0) as tie_count,
        quantile_cont(lead_minutes, 0.5) as median_lead_minutes
    from pairs
    group by provider_domain_a, provider_domain_b
)

select
    provider_domain_a,
    provider_domain_b,
    story_count,
    a_first_count,
    b_first_count,
    tie_count,
    (a_first_count + tie_count / 2) / story_count as a_first_probability,
    wilson_low(a_first_count + tie_count / 2, story_count) as a_first_probability_low,
    wilson_high(a_first_count + tie_count / 2, story_count) as a_first_probability_high,
    median_lead_minutes
from counted
where story_count >= minimum_count
order by story_count desc, provider_domain_a, provider_domain_b
