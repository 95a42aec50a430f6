/*
chapter: Who covers what, alone or together
question: Which stories does a publisher have to itself?
definition: stories whose only publisher it is / stories it takes part in
grain: one row per publisher
denominator: stories with an article of the publisher
edge_cases: a story of one publisher may have several of its articles; no minimum n, look at story_count
example: select publisher_name, exclusive_story_count, exclusive_rate from exclusives_by_publisher limit 10
columns:
  publisher_key: a domain, or `name:` and the folded name
  publisher_name: name of the publisher
  exclusive_story_count: stories with no other publisher
  story_count: stories with an article of the publisher
  exclusive_rate: exclusive_story_count / story_count
  exclusive_rate_low: lower end of the 95 % Wilson interval
  exclusive_rate_high: upper end of the 95 % Wilson interval
  publisher_id: key of the publisher
*/
select
    publisher_key,
    publisher_name,
    exclusive_story_count,
    story_count,
    exclusive_rate,
    exclusive_rate_low,
    exclusive_rate_high,
    publisher_id
from exclusives_for('publisher', minimum_count := 1)
