/*
chapter: Who covers how much
question: How do two sources compare, for a topic, some words or a period?
definition: each number as defined by the view of its name, within one source
grain: one row per metric
edge_cases: null where a source has no such number
example: from compare_sources('seeds', 'seeds')
signature: a, b, topic = null, query = null, from_date = null, to_date = null
parameters:
  a: name of a source
  b: name of another source
columns:
  metric: what is compared
  value_a: number of the first source
  value_b: number of the second source
  definition: what the number says
*/
with
sides as (
    select 'a' as side, source_named(a) as source_name
    union all
    select 'b', source_named(b)
),

chosen_articles as (
    select 'a' as side, article_id, provider_id, publisher_id from articles_for(a, topic, query, from_date, to_date)
    union all
    select 'b', article_id, provider_id, publisher_id from articles_for(b, topic, query, from_date, to_date)
),

hosts as (
    select side, provider_id, count(*) as article_count from chosen_articles group by side, provider_id
),

chosen_stories as (
    select
        sides.side, stories.story_id, stories.article_count, stories.provider_count,
        (epoch_us(stories.last_published_at) - epoch_us(stories.first_published_at)) / 60e6 as lifespan_minutes
    from sides
    join stories using (source_name)
    semi join stories_for(null, topic, query, from_date, to_date) as chosen using (story_id)
),

numbers as (
    select
        sides.side,
        'documents' as metric,
        cast(count(*) as double) as number,
        'files that could be read and are no copies' as definition,
        1 as place
    from sides
    join documents using (source_name)
    semi join documents_for(null, topic, query, from_date, to_date) as chosen using (document_id)
    group by sides.side
    union all
    select side, 'articles', count(*), 'distinct articles that a document of the source mentions', 2
    from chosen_articles
    group by side
    union all
    select side, 'stories', count(*), 'stories of the source', 3 from chosen_stories group by side
    union all
    select side, 'providers', count(*), 'hosts with an article', 4 from hosts group by side
    union all
    select side, 'publishers', count(distinct publisher_id), 'who wrote an article', 5
    from chosen_articles
    group by side
    union all
    select
        side,
        'effective number of providers',
        pow(sum(article_count), 2) / sum(article_count * article_count),
        '1 / sum of squared shares of voice',
        6
    from hosts
    group by side
    union all
    select side, 'articles per story', avg(article_count), 'mean over the stories', 7 from chosen_stories group by side
    union all
    select
        side,
        'exclusive rate',
        count(*) filter (where provider_count = 1) / count(*),
        'stories of a single provider / stories',
        8
    from chosen_stories
    group by side
    union all
    select
        side,
        'median lifespan minutes',
        quantile_cont(lifespan_minutes, 0.5) filter (where article_count >= 2),
        'first to last article, of stories of two or more articles',
        9
    from chosen_stories
    group by side
    union all
    select
        chosen_stories.side,
        'median lag minutes',
        quantile_cont(publication_lag.lag_minutes, 0.5),
        'article minus the lead of its story',
        10
    from chosen_stories
    join publication_lag on chosen_stories.story_id = publication_lag.story_id
    group by chosen_stories.side
    union all
    select
        sides.side, 'common articles', (
            select count(*) from (select article_id from chosen_articles group by article_id having count(*) = 2)
        ), 'articles that both mention', 11
    from sides
    union all
    select
        sides.side, 'common providers', (
            select count(*) from (select provider_id from hosts group by provider_id having count(*) = 2)
        ), 'hosts with an article in both', 12
    from sides
)

select
    metric,
    max(number) filter (where side = 'a') as value_a,
    max(number) filter (where side = 'b') as value_b,
    definition
from numbers
group by metric, definition, place
order by place
