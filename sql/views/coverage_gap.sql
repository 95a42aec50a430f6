/*
chapter: Who covers what, alone or together
question: Which topics does a provider cover less than it covers news in general?
definition: >
  Topics of 20 stories or more whose reach lies below the provider's overall reach even at the upper end of its 95 %
  Wilson interval. reach = stories on the topic with an article of the provider / stories on the topic.
grain: one row per provider and topic with a gap
denominator: stories on the topic
headline: true
example: select provider_name, topic, reach, overall_reach from coverage_gap limit 10
*/
select
    provider_domain, provider_name, topic, story_count, topic_story_count, reach, reach_low, reach_high, overall_reach,
    overall_reach_low, overall_reach_high, provider_id, topic_id
from coverage_gap_for(minimum_count := 20)
