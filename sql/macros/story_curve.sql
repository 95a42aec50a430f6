/*
chapter: Stories and articles
question: How fast did one story grow?
definition: articles and providers of the story that have appeared so many minutes after the first
grain: one row per instant at which an article of the story appeared
edge_cases: articles without a usable time are left out
example: from story_curve('facial recognition')
signature: >
  story, source = null, topic = null, query = null, from_date = null, to_date = null
columns:
  article_count: articles that have appeared by then
  provider_count: providers that have appeared by then
  article_share: article_count / articles of the story that have a time
  published_at: the instant, UTC
*/
with
members as (
    select
        story_articles.published_at,
        row_number() over (partition by story_articles.provider_id order by story_articles.published_at) = 1
            as is_new_provider
    from story_articles
    semi join story_named(
        story, source := source, topic := topic, query := query, from_date := from_date, to_date := to_date
    ) as asked using (story_id)
    where story_articles.published_at is not null
),

instants as (
    select
        published_at,
        count(*) as new_article_count,
        count(*) filter (where is_new_provider) as new_provider_count
    from members
    group by published_at
)

select
    (epoch_us(published_at) - min(epoch_us(published_at)) over ()) / 60e6 as minutes_after_first,
    cast(sum(new_article_count) over so_far as bigint) as article_count,
    cast(sum(new_provider_count) over so_far as bigint) as provider_count,
    sum(new_article_count) over so_far / sum(new_article_count) over () as article_share,
    published_at
from instants
window so_far as (order by published_at)
order by published_at
