/*
chapter: Who covers how much
question: Which part of the stories does each provider reach, by host?
definition: >
  reach: stories with at least one article of the provider / all stories. fractional credit: each story gives 1 / its
  number of providers to each of them; fractional_share: that credit / all stories. source_reach: of the
  stories of those sources alone in which the provider occurs.
grain: one row per provider
denominator: all stories
edge_cases: reach does not sum to 1, fractional_share does
headline: true
example: select provider_name, story_count, reach from story_reach limit 10
columns:
  total_story_count: all stories
  fractional_credit: sum of 1 / providers of the story
*/
select
    provider_domain, provider_name, story_count, total_story_count, reach, reach_low, reach_high,
    source_story_count, source_reach, source_reach_low, source_reach_high, fractional_credit, fractional_share,
    fractional_share_low, fractional_share_high, provider_id
from story_reach_for(counted_by := 'provider', minimum_count := 1)
