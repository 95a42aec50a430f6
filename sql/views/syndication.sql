/*
chapter: What is copied
question: Which articles appear under the same title on several domains?
definition: >
  articles with the same normalized title of four words or more on two providers or more; the original is the earliest
grain: one row per normalized title
example: select title, article_count, provider_count, url from syndication limit 10
*/
select
    title, article_count, provider_count, first_published_at, url, original_provider_domain, normalized_title,
    original_article_id
from syndication_for()
