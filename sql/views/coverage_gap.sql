/*
chapter: Who covers what, alone or together
question: Which topics does a provider cover less than it covers news in general?
definition: >
  Topics of 20 stories or more whose reach lies below the provider's overall reach even at the upper end of its 95 % Wilson
  interval. reach = stories on the topic with an article of the provider / stories on the topic.
grain: one row per provider and topic with a gap
denominator: stories on the topic
edge_cases: >
  A story has the topics of its head or representative document. A provider without any story on a topic has reach 0 and can
  have a gap; the (unknown) provider is left out.
example: select provider_name, topic, reach, overall_reach from coverage_gap limit 10
columns:
  provider_domain: host domain
  provider_name: most frequent name of the provider
  topic: name of the topic
  story_count: stories on the topic
  topic_story_count: those with an article of the provider
  reach: topic_story_count / story_count
  reach_low: lower end of the 95 % Wilson interval
  reach_high: upper end of the 95 % Wilson interval
  overall_reach: reach of the provider over all stories
  overall_reach_low: lower end of the 95 % Wilson interval
  overall_reach_high: upper end of the 95 % Wilson interval
  provider_id: key of the provider
  topic_id: key of the topic
*/
select
    provider_domain,
    provider_name,
    topic,
    story_count,
    topic_story_count,
    reach,
    reach_low,
    reach_high,
    overall_reach,
    overall_reach_low,
    overall_reach_high,
    provider_id,
    topic_id
from coverage_gap_for(minimum_count := 20)
