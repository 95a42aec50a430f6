/*
question: How many articles appear per hour?
definition: distinct articles by the hour of their first publication, UTC
grain: one row per day and hour with an article
edge_cases: where only the day is written, the hour is null; articles without a usable day are left out
example: select hour_start, article_count from article_hours order by article_count desc limit 5
columns:
  article_count: distinct articles first published in the hour
*/
select
    published_date,
    date_trunc('hour', published_at) as hour_start,
    count(*) as article_count
from articles
where published_date is not null
group by all
order by published_date, hour_start nulls last
