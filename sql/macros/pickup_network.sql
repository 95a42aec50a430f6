/*
chapter: Who is first, who is late
question: Who follows whom, in how many stories, and how fast?
definition: >
  a story is picked up when the follower enters it after the leader, at most window_hours later; it came after the
  other, which does not prove that it read it there
grain: one row per leader and follower with at least minimum_count such stories
denominator: stories in which both enter at most window_hours apart
edge_cases: >
  Entries without a time or a provider domain are left out; stories that both enter at the same instant are in
  common_story_count only. Units with fewer than minimum_count stories are left out.
example: select leader, follower, story_count, median_delay_minutes from pickup_network(minimum_count := 2) limit 10
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider', minimum_count
  = 5, window_hours = 24
columns:
  leader: host domain or publisher_key of who was first
  follower: host domain or publisher_key of who came after
  story_count: stories that the follower picked up
  common_story_count: stories in which both enter within the window
  pickup_share: story_count / common_story_count
  median_delay_minutes: half of the stories were picked up sooner
  leader_id: key of the leading provider or publisher
  follower_id: key of the following provider or publisher
*/
with
named as (
    select unit_id, coalesce(provider_domain, publisher_key) as unit from coverage_units(counted_by)
),

counted as (
    select
        leader_id, follower_id,
        count(*) filter (where delay_minutes > 0) as story_count,
        count(*) as common_story_count,
        quantile_cont(delay_minutes, 0.5) filter (where delay_minutes > 0) as median_delay_minutes
    from pickups_for(source, topic, query, from_date, to_date, counted_by, minimum_count, window_hours)
    group by leader_id, follower_id
)

select
    leaders.unit as leader,
    followers.unit as follower,
    counted.story_count, counted.common_story_count,
    counted.story_count / counted.common_story_count as pickup_share,
    wilson(counted.story_count, counted.common_story_count).low as pickup_share_low,
    wilson(counted.story_count, counted.common_story_count).high as pickup_share_high,
    counted.median_delay_minutes, counted.leader_id, counted.follower_id
from counted
join named as leaders on counted.leader_id = leaders.unit_id
join named as followers on counted.follower_id = followers.unit_id
where counted.story_count >= minimum_count and leaders.unit is not null and followers.unit is not null
order by counted.story_count desc, leader, follower
