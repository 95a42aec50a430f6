/*
chapter: Who covers how much
question: Who has which share of the coverage, by who wrote it?
definition: >
  articles of the publisher / all articles; an article on a platform counts for the publisher that its name tells
grain: one row per publisher that has an article
denominator: all distinct articles
edge_cases: articles without a provider domain count under (unknown); the shares sum to 1
example: select publisher_name, article_count, share from share_of_voice_by_publisher limit 10
columns:
  total_article_count: distinct articles of all publishers
*/
select
    publisher_key,
    publisher_name,
    article_count,
    total_article_count,
    share,
    share_low,
    share_high,
    publisher_id
from share_of_voice_for('publisher', minimum_count := 1)
