/*
chapter: When it appears
question: How many articles appear per week?
definition: distinct articles by the week (from Monday) of their first publication, UTC; weeks without articles show 0
grain: one row per week between the first and the last article
edge_cases: articles without a usable day are left out
headline: true
example: from coverage_by_week order by article_count desc limit 5
*/
with
articles_of_week as (
    select
        cast(date_trunc('week', published_date) as date) as period_start,
        cast(sum(article_count) as bigint) as article_count
    from article_hours
    group by 1
),

calendar as (
    select
        unnest(generate_series(cast(min(period_start) as timestamp), max(period_start), interval 7 day)) as period_start
    from articles_of_week
)

select
    cast(calendar.period_start as date) as period_start,
    coalesce(articles_of_week.article_count, 0) as article_count
from calendar
left join articles_of_week using (period_start)
order by calendar.period_start
