/*
chapter: When it appears
question: How many articles appear per month?
definition: distinct articles by the month of their first publication, UTC; months without articles show 0
grain: one row per month between the first and the last article
edge_cases: articles without a usable time are left out
example: from coverage_by_month order by article_count desc limit 5
*/
select
    period_start,
    article_count
from coverage_over_time('month')
