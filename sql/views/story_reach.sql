/*
chapter: Who covers how much
question: Which part of the stories does each provider reach, by host?
definition: >
  reach: stories with at least one article of the provider / all stories. fractional credit: each story gives 1 / its number
  of providers to each of them; fractional_share: that credit / all stories.
grain: one row per provider
denominator: all stories
edge_cases: reach does not sum to 1, fractional_share does
example: select provider_name, story_count, reach from story_reach limit 10
columns:
  provider_domain: host domain; null for (unknown)
  provider_name: most frequent name of the provider
  story_count: stories with an article of the provider
  total_story_count: all stories
  reach: story_count / total_story_count
  reach_low: lower end of the 95 % Wilson interval
  reach_high: upper end of the 95 % Wilson interval
  fractional_credit: sum of 1 / providers of the story
  fractional_share: fractional_credit / total_story_count
  fractional_share_low: lower end of the 95 % Wilson interval
  fractional_share_high: upper end of the 95 % Wilson interval
  provider_id: key of the provider
*/
select
    provider_domain,
    provider_name,
    story_count,
    total_story_count,
    reach,
    reach_low,
    reach_high,
    fractional_credit,
    fractional_share,
    fractional_share_low,
    fractional_share_high,
    provider_id
from story_reach_for('provider', minimum_count := 1)
