/*
chapter: When it appears
question: How many articles appear per day?
definition: distinct articles by the day of their first publication, UTC; days without articles show 0
grain: one row per day between the first and the last article
edge_cases: articles without a usable time are left out
example: from coverage_by_day order by article_count desc limit 5
*/
select
    period_start,
    article_count
from coverage_over_time('day')
