/*
chapter: Who is first, who is late
question: Of two providers that cover the same stories, which is usually first, and by how much?
definition: >
  Over the stories in which both have a time: who entered first. P(A first) = (A + ties / 2) / n; the lead is B's
  entry minus A's, the median linearly interpolated.
grain: one row per pair of providers with at least minimum_count common stories; a before b by domain
denominator: stories in which both providers have a time
edge_cases: entries without a provider domain are left out
example: from lead_lag_for(minimum_count := 3)
signature: source = null, topic = null, query = null, from_date = null, to_date = null, minimum_count = 5
columns:
  story_count: common stories
  a_first_count: stories in which a entered before b
  b_first_count: stories in which b entered before a
  tie_count: stories in which both entered at the same instant
  a_first_probability: (a_first_count + tie_count / 2) / story_count
  median_lead_minutes: minutes by which b enters after a; negative = b leads
*/
with
-- The place of a domain in the alphabet stands for it: numbers are much faster to join and group by than texts.
placed as (
    select provider_id, domain, row_number() over (order by domain) as place from providers where domain is not null
),

-- A provider of fewer stories has no pair of that many: one story of thousands of providers would make millions.
entries as (
    select
        entered.story_id, placed.place,
        epoch_us(entered.entered_at) as entered_at
    from story_entries_for(source, topic, query, from_date, to_date, 'provider') as entered
    join placed on entered.unit_id = placed.provider_id
    qualify count(*) over (partition by placed.place) >= minimum_count
),

pairs as (
    select
        a.place as place_a, b.place as place_b,
        (b.entered_at - a.entered_at) / 60e6 as lead_minutes
    from entries as a
    join entries as b on a.story_id = b.story_id and a.place < b.place
),

counted as (
    select
        place_a, place_b,
        count(*) as story_count,
        count(*) filter (where lead_minutes > 0) as a_first_count,
        count(*) filter (where lead_minutes < 0) as b_first_count,
        count(*) filter (where lead_minutes = 0) as tie_count,
        quantile_cont(lead_minutes, 0.5) as median_lead_minutes
    from pairs
    group by place_a, place_b
)

select
    placed_a.domain as provider_domain_a, placed_b.domain as provider_domain_b, counted.story_count,
    counted.a_first_count, counted.b_first_count, counted.tie_count,
    (counted.a_first_count + counted.tie_count / 2) / counted.story_count as a_first_probability,
    wilson(counted.a_first_count + counted.tie_count / 2, counted.story_count).low as a_first_probability_low,
    wilson(counted.a_first_count + counted.tie_count / 2, counted.story_count).high as a_first_probability_high,
    counted.median_lead_minutes
from counted
join placed as placed_a on counted.place_a = placed_a.place
join placed as placed_b on counted.place_b = placed_b.place
where counted.story_count >= minimum_count
order by counted.story_count desc, counted.place_a, counted.place_b
