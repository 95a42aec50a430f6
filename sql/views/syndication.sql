/*
chapter: What is copied
question: Which articles appear under the same title on several domains?
definition: articles with the same normalized title of four words or more on two providers or more; the original is the earliest
grain: one row per normalized title
edge_cases: copies under a changed title are near_duplicates; of equally early articles the smaller article_id is the original
example: select normalized_title, article_count, provider_count from syndication limit 10
columns:
  normalized_title: the common title
  article_count: distinct articles with it
  provider_count: distinct providers with it
  first_published_at: when the original appeared, UTC
  original_article_id: earliest of the articles
*/
select
    normalized_title,
    article_count,
    provider_count,
    first_published_at,
    original_article_id
from syndication_for()
