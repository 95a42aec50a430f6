/*
chapter: Who covers what, alone or together
question: Which stories does a publisher have to itself?
definition: stories whose only publisher it is / stories it takes part in
grain: one row per publisher
denominator: stories with an article of the publisher
edge_cases: a story of one publisher may have several of its articles; no minimum n, look at story_count
headline: true
example: select publisher_name, exclusive_story_count, exclusive_rate from exclusives_by_publisher limit 10
columns:
  exclusive_story_count: stories with no other publisher
*/
select
    publisher_key, publisher_name, exclusive_story_count, story_count, exclusive_rate, exclusive_rate_low,
    exclusive_rate_high, publisher_id
from exclusives_for(counted_by := 'publisher', minimum_count := 1)
