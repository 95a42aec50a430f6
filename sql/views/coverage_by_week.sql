/*
chapter: When it appears
question: How many articles appear per week?
definition: distinct articles by the week (from Monday) of their first publication, UTC; weeks without articles show 0
grain: one row per week between the first and the last article
edge_cases: articles without a usable time are left out
example: from coverage_by_week order by article_count desc limit 5
*/
select
    period_start,
    article_count
from coverage_over_time('week')
