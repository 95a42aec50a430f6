/*
chapter: Building blocks
question: Which story does an analyst mean, and which others might be meant?
definition: >
  The story with this key; else the story of the document with this path or file name; else the largest story whose lead
  has the text in its title; else the largest story that has it in the title of any article.
grain: one row per story that fits, best first, at most maximum_place of them
edge_cases: the search ignores case; where nothing fits, an error names the stories whose titles are nearest
example: from story_named('facial recognition')
signature: story, maximum_place = 1
parameters:
  story: a story_id, the path of one of its documents, or words of a title
  maximum_place: how many stories
columns:
  place: 1 = the best
*/
with
candidates as (
    select story_id, 1 as preference from stories where cast(story_id as varchar) = cast(story as varchar)
    union all
    select story_id, 2
    from documents
    where path = cast(story as varchar) or ends_with(path, '/' || cast(story as varchar))
    union all
    select story_id, 3
    from stories
    where contains(lower(title), lower(cast(story as varchar)))
    union all
    select story_articles.story_id, 4
    from story_articles
    join articles using (article_id)
    where contains(lower(articles.title), lower(cast(story as varchar)))
),

preferred as (
    select story_id, min(preference) as preference from candidates group by story_id
),

placed as (
    select
        stories.story_id,
        row_number() over (order by preferred.preference, stories.article_count desc, stories.story_id) as place
    from preferred
    join stories using (story_id)
),

nearest as (
    select
        coalesce(title, '') || ' (' || story_id || ')' as name,
        jaro_winkler_similarity(lower(title), lower(cast(story as varchar))) as similarity
    from stories
    where (select count(*) from placed) = 0
    order by similarity desc, story_id
    limit 3
),

-- One row in any case, so that an answer of nothing is seen.
checked as (
    select
        case
            when (select count(*) from placed) > 0 then true
            else error(
                not_found('story', story, (select string_agg(name, '; ' order by similarity desc, name) from nearest))
            )
        end as is_found
)

select placed.story_id, placed.place
from checked
left join placed on checked.is_found
where placed.place <= maximum_place
order by placed.place
