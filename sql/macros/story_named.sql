/*
chapter: Building blocks
question: Which story does an analyst mean?
definition: >
  The story with this key; else the story of the document with this path or file name; else the largest story that has
  an article whose title contains the text.
grain: at most one row
edge_cases: the search ignores case; no row where nothing fits
example: from story_named('facial recognition')
signature: story
parameters:
  story: a story_id, the path of one of its documents, or words of a title
*/
with
candidates as (
    select story_id, 1 as preference from stories where cast(story_id as varchar) = cast(story as varchar) union all
    select story_id, 2
    from documents
    where path = cast(story as varchar) or ends_with(path, '/' || cast(story as varchar))
    union all
    select story_articles.story_id, 3
    from story_articles
    join articles using (article_id)
    where contains(lower(articles.title), lower(cast(story as varchar)))
)

select candidates.story_id
from candidates
join stories using (story_id)
order by candidates.preference, stories.article_count desc, candidates.story_id
limit 1
