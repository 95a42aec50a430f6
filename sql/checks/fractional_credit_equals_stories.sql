/*
question: Does the fractional credit of all providers, and of all publishers, equal the number of stories?
severity: error
remedy: a defect of story_reach
*/
with
sums as (
    select 'story_reach' as view_name, coalesce(sum(fractional_credit), 0) as credit_sum from story_reach union all
    select 'story_reach_by_publisher', coalesce(sum(fractional_credit), 0) from story_reach_by_publisher
),

counted as (
    select count(*) as story_count from stories
)

select sums.view_name, sums.credit_sum, counted.story_count
from sums
cross join counted
where abs(sums.credit_sum - counted.story_count) > 1e-9 * greatest(1, counted.story_count)
