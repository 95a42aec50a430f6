/*
question: Does the first-mover credit of all providers equal the stories in which two or more providers have a time?
severity: error
remedy: a defect of first_mover
*/
with
entries as (
    select story_id, provider_id, publisher_id from story_articles where published_at is not null
),

by_provider as (
    select story_id from entries group by story_id having count(distinct provider_id) >= 2
),

by_publisher as (
    select story_id from entries group by story_id having count(distinct publisher_id) >= 2
),

sums as (
    select
        'first_mover' as view_name,
        (select coalesce(sum(first_credit), 0) from first_mover) as credit_sum,
        (select count(*) from by_provider) as story_count
    union all
    select
        'first_mover_by_story',
        (select coalesce(sum(credit), 0) from first_mover_by_story),
        (select count(*) from by_provider)
    union all
    select
        'first_mover_by_publisher',
        (select coalesce(sum(first_credit), 0) from first_mover_by_publisher),
        (select count(*) from by_publisher)
)

select view_name, credit_sum, story_count
from sums
where abs(credit_sum - story_count) > 1e-9 * greatest(1, story_count)
