/*
chapter: Who covers how much
question: Which part of the stories does each publisher reach, by who wrote it?
definition: >
  reach: stories with at least one article of the publisher / all stories. fractional credit: each story gives 1 / its
  number of publishers to each of them; fractional_share: that credit / all stories. source_reach: of the
  stories of those sources alone in which the publisher occurs.
grain: one row per publisher
denominator: all stories
edge_cases: reach does not sum to 1, fractional_share does
headline: true
example: select publisher_name, story_count, reach from story_reach_by_publisher limit 10
columns:
  total_story_count: all stories
  fractional_credit: sum of 1 / publishers of the story
*/
select
    publisher_key, publisher_name, story_count, total_story_count, reach, reach_low, reach_high,
    source_story_count, source_reach, source_reach_low, source_reach_high, fractional_credit, fractional_share,
    fractional_share_low, fractional_share_high, publisher_id
from story_reach_for(counted_by := 'publisher', minimum_count := 1)
