/*
chapter: Who is first, who is late
question: How often is each publisher first with a story, by who wrote it?
definition: >
  first_rate = credit / stories taken part in. Stories of two or more publishers count; the publishers with the
  earliest entry share the credit 1/k.
grain: one row per publisher that takes part in a story of two or more publishers
denominator: stories with two or more publishers in which the publisher has a time
edge_cases: no minimum n; look at story_count, or use first_mover_for. The credits sum to the stories.
headline: true
example: >
  select publisher_name, story_count, first_credit, first_rate from first_mover_by_publisher where story_count >= 10
columns:
  story_count: stories with two or more publishers that the publisher takes part in
*/
select
    publisher_key, publisher_name, story_count, first_credit, first_rate, first_rate_low, first_rate_high,
    clock_safe_story_count, clock_safe_credit, publisher_id
from first_mover_for(counted_by := 'publisher', minimum_count := 1)
