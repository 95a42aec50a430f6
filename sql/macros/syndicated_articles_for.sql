/*
chapter: What is copied
question: Who copied which article, and how long after the original, for a source, a topic or a period?
definition: the articles of syndication_for other than the original, with the time behind it
grain: one row per copy
edge_cases: >
  delay_minutes is null where a time is missing; who copied whom is told by the times, which clocks may distort
example: select title, provider_name, original_provider_name, url from syndicated_articles_for(minimum_word_count := 6)
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, minimum_word_count = 4
parameters:
  minimum_word_count: fewest words of the title
columns:
  title: title of the copy
  url: address of the copy, as written
  original_url: address of the original, as written
  normalized_title: the common title
  original_provider_domain: host domain of the original; null for (unknown)
  original_provider_name: most frequent name of its provider
  delay_minutes: minutes from the original to the copy
  published_at: when the copy appeared, UTC
  article_id: the copy
  provider_id: provider of the copy
*/
with
titles as (
    select normalized_title, original_article_id
    from syndication_for(
        source := source, topic := topic, query := query, from_date := from_date, to_date := to_date,
        minimum_word_count := minimum_word_count
    )
),

chosen as (
    select article_id from articles_for(source, topic, query, from_date, to_date)
),

hosted as (
    select
        articles.article_id, articles.title, articles.normalized_title, articles.url, articles.published_at,
        articles.provider_id, providers.domain, providers.name
    from articles
    join providers using (provider_id)
    semi join chosen using (article_id)
)

select
    copies.title, copies.name as provider_name, originals.name as original_provider_name,
    (epoch_us(copies.published_at) - epoch_us(originals.published_at)) / 60e6 as delay_minutes,
    copies.url, originals.url as original_url, copies.published_at, copies.domain as provider_domain,
    originals.domain as original_provider_domain,
    titles.normalized_title, copies.article_id, titles.original_article_id, copies.provider_id
from titles
join hosted as copies
    on titles.normalized_title = copies.normalized_title and titles.original_article_id <> copies.article_id
join hosted as originals on titles.original_article_id = originals.article_id
order by titles.normalized_title, delay_minutes, copies.article_id
