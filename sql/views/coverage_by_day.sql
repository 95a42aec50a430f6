/*
chapter: When it appears
question: How many articles appear per day?
definition: distinct articles by the day of their first publication, UTC; days without articles show 0
grain: one row per day between the first and the last article
edge_cases: articles without a usable day are left out
headline: true
example: from coverage_by_day order by article_count desc limit 5
*/
with
articles_of_day as (
    select
        cast(date_trunc('day', published_date) as date) as period_start,
        cast(sum(article_count) as bigint) as article_count
    from article_hours
    group by 1
),

calendar as (
    select
        unnest(generate_series(cast(min(period_start) as timestamp), max(period_start), interval 1 day)) as period_start
    from articles_of_day
)

select
    cast(calendar.period_start as date) as period_start,
    coalesce(articles_of_day.article_count, 0) as article_count
from calendar
left join articles_of_day using (period_start)
order by calendar.period_start
