/*
question: How many articles appear per hour?
definition: distinct articles by the hour of their first publication, UTC
grain: one row per hour with an article
edge_cases: articles without a usable time are left out
example: select hour_start, article_count from article_hours order by article_count desc limit 5
columns:
  article_count: distinct articles first published in the hour
*/
select
    date_trunc('hour', published_at) as hour_start,
    count(*) as article_count
from articles
where published_at is not null
group by all
order by hour_start
