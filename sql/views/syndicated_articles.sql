/*
chapter: What is copied
question: Who copied which article, and how long after the original?
definition: the articles of syndication other than the original, with the time behind it
grain: one row per copy
example: select title, provider_name, original_provider_name, delay_minutes, url from syndicated_articles limit 10
*/
select
    title, provider_name, original_provider_name, delay_minutes, url, original_url, published_at, provider_domain,
    original_provider_domain, normalized_title, article_id, original_article_id, provider_id
from syndicated_articles_for()
