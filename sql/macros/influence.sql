/*
chapter: Who is first, who is late
question: Whose stories are picked up by the others, and how sure is that order?
definition: >
  David's score (David 1987, Ranks from paired comparisons, Biometrika 74) over pickup_network: with p the share of
  the common stories that a unit entered before another one (ties count half), w the sum of its p and l that of the
  others against it, score = w + sum of p * w of the other - l - sum of (1 - p) * l of the other. So being ahead of
  those who are ahead themselves counts more. The order is told anew for replicate_count samples of stories (Poisson
  bootstrap, Hanley and MacGibbon 2006; the weight of a story comes from its key, so it is the same in every call).
grain: one row per unit among the `top` units with most stories, highest score first
denominator: stories in which two of these units enter at most window_hours apart
edge_cases: >
  rank is null where it is not stable, that is where the middle 95 % of the samples span more than maximum_rank_spread
  places; the (unknown) provider is left out
example: >
  select unit, influence_score, rank, rank_low, rank_high from influence(minimum_count := 1, replicate_count := 20)
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider', minimum_count
  = 5, window_hours = 24, top = 20, replicate_count = 100, maximum_rank_spread = 2
parameters:
  minimum_count: fewest stories of a unit
  top: how many units take part
  replicate_count: samples of stories
  maximum_rank_spread: widest span of places of a rank that is shown
columns:
  unit: host domain or publisher_key
  influence_score: David's score; 0 = as often ahead as behind
  rank: 1 = most influential; null = not stable
  rank_low: best place in the middle 95 % of the samples
  rank_high: worst place in the middle 95 % of the samples
  story_count: stories in which it and another of the units enter within the window
*/
with
named as (
    select unit_id, coalesce(provider_domain, publisher_key) as unit from coverage_units(counted_by)
),

pickups as (
    select story_id, leader_id, follower_id, delay_minutes
    from pickups_for(source, topic, query, from_date, to_date, counted_by, minimum_count, window_hours)
),

largest as (
    select pickups.leader_id as unit_id, named.unit, count(distinct pickups.story_id) as story_count
    from pickups
    join named on pickups.leader_id = named.unit_id
    where named.unit is not null
    group by pickups.leader_id, named.unit
    order by story_count desc, named.unit
    limit top
),

-- Each pair once, in halves of a win, so that sums are whole numbers.
contests as (
    select
        pickups.story_id, pickups.leader_id, pickups.follower_id,
        case when pickups.delay_minutes > 0 then 2 when pickups.delay_minutes = 0 then 1 else 0 end as half_wins
    from pickups
    semi join largest as leaders on pickups.leader_id = leaders.unit_id
    semi join largest as followers on pickups.follower_id = followers.unit_id
    where pickups.leader_id < pickups.follower_id
),

-- Sample 0 is all stories, once each. In the others a story counts as often as a Poisson variable of mean 1 says.
drawn as (
    select stories.story_id, samples.sample, hash(stories.story_id, samples.sample) % 1000000 as millionths
    from (select distinct story_id from contests) as stories
    cross join (select unnest(range(replicate_count + 1)) as sample) as samples
),

sampled as (
    select
        story_id, sample, case
            when sample = 0 then 1
            when millionths < 367880 then 0
            when millionths < 735760 then 1
            when millionths < 919700 then 2
            when millionths < 981010 then 3
            when millionths < 996340 then 4
            when millionths < 999410 then 5
            when millionths < 999920 then 6
            else 7
        end as weight
    from drawn
),

ahead as (
    select
        sampled.sample, contests.leader_id, contests.follower_id,
        sum(sampled.weight * contests.half_wins) / (2 * sum(sampled.weight)) as p
    from contests
    join sampled on contests.story_id = sampled.story_id
    where sampled.weight > 0
    group by sampled.sample, contests.leader_id, contests.follower_id
),

compared as (
    select sample, leader_id, follower_id, p from ahead union all
    select sample, follower_id, leader_id, 1 - p from ahead
),

firsts as (
    select sample, leader_id as unit_id, sum(p order by follower_id) as w, sum(1 - p order by follower_id) as l
    from compared
    group by sample, leader_id
),

scored as (
    select
        compared.sample,
        compared.leader_id as unit_id,
        any_value(own.w) - any_value(own.l)
        + sum(compared.p * others.w order by compared.follower_id)
        - sum((1 - compared.p) * others.l order by compared.follower_id) as influence_score
    from compared
    join firsts as own on compared.sample = own.sample and compared.leader_id = own.unit_id
    join firsts as others on compared.sample = others.sample and compared.follower_id = others.unit_id
    group by compared.sample, compared.leader_id
),

ranked as (
    select
        sample, unit_id, influence_score,
        rank() over (partition by sample order by round(influence_score, 9) desc) as rank
    from scored
),

spread as (
    select
        unit_id,
        cast(quantile_disc(rank, 0.025) as bigint) as rank_low,
        cast(quantile_disc(rank, 0.975) as bigint) as rank_high
    from ranked
    where sample > 0
    group by unit_id
)

select
    largest.unit, ranked.influence_score,
    if(spread.rank_high - spread.rank_low <= maximum_rank_spread, ranked.rank, null) as rank,
    spread.rank_low, spread.rank_high, largest.story_count, ranked.unit_id
from ranked
join largest on ranked.unit_id = largest.unit_id
left join spread on ranked.unit_id = spread.unit_id
where ranked.sample = 0
order by ranked.influence_score desc, largest.unit
