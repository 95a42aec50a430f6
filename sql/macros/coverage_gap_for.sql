/*
chapter: Who covers what, alone or together
question: Which topics does a provider cover less than it covers news in general?
definition: >
  Topics whose reach lies below the provider's overall reach even at the upper end of its 95 % Wilson interval. reach
  = stories on the topic with an article of the provider / stories on the topic.
grain: one row per provider and topic with a gap
denominator: stories on the topic, at least minimum_count
edge_cases: >
  A story has the topics of its head or representative document. A provider without any story on a topic has reach 0
  and can have a gap; the (unknown) provider is left out.
example: from coverage_gap_for(minimum_count := 5)
signature: minimum_count = 20
columns:
  provider_domain: host domain
  story_count: stories on the topic
  topic_story_count: those with an article of the provider
  reach: topic_story_count / story_count
  overall_reach: reach of the provider over all stories
*/
with
tagged as (
    select stories.story_id, document_topics.topic_id from stories join document_topics using (document_id)
),

sized as (
    select topic_id, count(*) as story_count from tagged group by topic_id
),

members as (
    select distinct story_id, provider_id from story_articles
),

covered as (
    select
        members.provider_id, tagged.topic_id,
        count(*) as topic_story_count
    from members
    join tagged using (story_id)
    group by members.provider_id, tagged.topic_id
),

measured as (
    select
        story_reach.provider_domain, story_reach.provider_name, story_reach.provider_id, sized.topic_id,
        sized.story_count,
        coalesce(covered.topic_story_count, 0) as topic_story_count,
        story_reach.reach as overall_reach, story_reach.reach_low as overall_reach_low,
        story_reach.reach_high as overall_reach_high
    from story_reach
    cross join sized
    left join covered on story_reach.provider_id = covered.provider_id and sized.topic_id = covered.topic_id
    where story_reach.provider_domain is not null and sized.story_count >= minimum_count
)

select
    measured.provider_domain, measured.provider_name, topics.name as topic, measured.story_count,
    measured.topic_story_count,
    measured.topic_story_count / measured.story_count as reach,
    wilson(measured.topic_story_count, measured.story_count).low as reach_low,
    wilson(measured.topic_story_count, measured.story_count).high as reach_high,
    measured.overall_reach, measured.overall_reach_low, measured.overall_reach_high, measured.provider_id,
    measured.topic_id
from measured
join topics using (topic_id)
where wilson(measured.topic_story_count, measured.story_count).high < measured.overall_reach
order by measured.overall_reach - reach desc, measured.provider_domain, topics.name
