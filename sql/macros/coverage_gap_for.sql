/*
chapter: Who covers what, alone or together
question: Which topics does a provider cover less than it covers news in general?
definition: >
  Topics whose reach lies below the provider's overall reach even at the upper end of its 95 % Wilson interval. reach
  = stories on the topic with an article of the provider / stories on the topic. Only stories of the sources in which
  the provider occurs count, on both sides.
grain: one row per provider and topic with a gap
denominator: stories on the topic in these sources, at least minimum_count
edge_cases: >
  A story has the topics of its head or representative document. A provider without any story on a topic has reach 0
  and can have a gap; the (unknown) provider is left out. A provider of several sources is measured over all of them,
  also on a topic that only one of them has; give a source to compare within it.
example: from coverage_gap_for(minimum_count := 5)
signature: source = null, topic = null, query = null, from_date = null, to_date = null, minimum_count = 20
parameters:
  topic: name of a topic; shows its gaps only
columns:
  provider_domain: host domain
  story_count: stories on the topic in the sources of the provider
  topic_story_count: those with an article of the provider
  reach: topic_story_count / story_count
  overall_reach: stories with an article of the provider / stories, both in the sources of the provider
*/
with
chosen as (
    select story_id, source_name from stories_for(source, null, query, from_date, to_date)
),

tagged as (
    select chosen.story_id, chosen.source_name, document_topics.topic_id
    from chosen
    join stories using (story_id)
    join document_topics using (document_id)
    where topic is null or document_topics.topic_id = topic_named(topic)
),

members as (
    select distinct chosen.story_id, chosen.source_name, story_articles.provider_id
    from chosen
    join story_articles using (story_id)
),

stories_of_source as (
    select source_name, count(*) as story_count from chosen group by source_name
),

topics_of_source as (
    select source_name, topic_id, count(*) as story_count from tagged group by source_name, topic_id
),

sources_of_provider as (
    select provider_id, source_name, count(*) as story_count from members group by provider_id, source_name
),

overall as (
    select
        sources_of_provider.provider_id,
        cast(sum(sources_of_provider.story_count) as bigint) as provider_story_count,
        cast(sum(stories_of_source.story_count) as bigint) as story_count
    from sources_of_provider
    join stories_of_source on sources_of_provider.source_name is not distinct from stories_of_source.source_name
    group by sources_of_provider.provider_id
),

sized as (
    select
        sources_of_provider.provider_id, topics_of_source.topic_id,
        cast(sum(topics_of_source.story_count) as bigint) as story_count
    from sources_of_provider
    join topics_of_source on sources_of_provider.source_name is not distinct from topics_of_source.source_name
    group by sources_of_provider.provider_id, topics_of_source.topic_id
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
        sized.provider_id, sized.topic_id, sized.story_count,
        coalesce(covered.topic_story_count, 0) as topic_story_count,
        overall.provider_story_count / overall.story_count as overall_reach,
        wilson(overall.provider_story_count, overall.story_count).low as overall_reach_low,
        wilson(overall.provider_story_count, overall.story_count).high as overall_reach_high
    from sized
    join overall on sized.provider_id = overall.provider_id
    left join covered on sized.provider_id = covered.provider_id and sized.topic_id = covered.topic_id
    where sized.story_count >= minimum_count
)

select
    providers.domain as provider_domain,
    providers.name as provider_name,
    topics.name as topic,
    measured.story_count, measured.topic_story_count,
    measured.topic_story_count / measured.story_count as reach,
    wilson(measured.topic_story_count, measured.story_count).low as reach_low,
    wilson(measured.topic_story_count, measured.story_count).high as reach_high,
    measured.overall_reach, measured.overall_reach_low, measured.overall_reach_high, measured.provider_id,
    measured.topic_id
from measured
join topics on measured.topic_id = topics.topic_id
join providers on measured.provider_id = providers.provider_id
where
    providers.domain is not null
    and wilson(measured.topic_story_count, measured.story_count).high < measured.overall_reach
order by measured.overall_reach - reach desc, providers.domain, topics.name
