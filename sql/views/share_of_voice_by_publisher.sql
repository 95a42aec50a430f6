/*
chapter: Who covers how much
question: Who has which share of the coverage, by who wrote it?
definition: >
  articles of the publisher / all articles; an article on a platform counts for the publisher that its name tells
grain: one row per publisher that has an article
denominator: all distinct articles
edge_cases: articles without a provider domain count under (unknown); the shares sum to 1
headline: true
example: select publisher_name, article_count, share from share_of_voice_by_publisher limit 10
columns:
  total_article_count: distinct articles of all publishers
*/
with
articles_of_publisher as (
    select
        publisher_id,
        cast(sum(month_article_count) as bigint) as article_count,
        cast(sum(sum(month_article_count)) over () as bigint) as total_article_count
    from provider_months
    group by publisher_id
)

select
    publishers.publisher_key, publishers.name as publisher_name, articles_of_publisher.article_count,
    total_article_count,
    articles_of_publisher.article_count / total_article_count as share,
    wilson(articles_of_publisher.article_count, total_article_count).low as share_low,
    wilson(articles_of_publisher.article_count, total_article_count).high as share_high,
    publisher_id
from articles_of_publisher
join publishers using (publisher_id)
order by articles_of_publisher.article_count desc, publisher_key
