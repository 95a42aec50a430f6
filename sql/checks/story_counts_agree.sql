/*
question: Do the counts of each story equal its articles?
severity: error
remedy: a defect of the table stories
*/
with
counted as (
    select
        story_id,
        count(*) as article_count,
        count(distinct provider_id) as provider_count,
        count(distinct publisher_id) as publisher_count
    from story_articles
    group by story_id
)

select
    stories.story_id, stories.article_count,
    coalesce(counted.article_count, 0) as counted_article_count
from stories
left join counted using (story_id)
where
    stories.article_count is distinct from counted.article_count
    or stories.provider_count is distinct from counted.provider_count
    or stories.publisher_count is distinct from counted.publisher_count
