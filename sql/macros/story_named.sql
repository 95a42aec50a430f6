/*
chapter: Building blocks
question: Which story does an analyst mean, and which others might be meant?
definition: >
  The story with this key; else of the document with this path or file name; else of the article with this address;
  else the largest story whose lead has all the words in its title; else the largest that has them in the title of any
  article. Only stories of the selection are meant, see stories_for.
grain: one row per story that fits, best first, at most maximum_place of them
edge_cases: >
  words in any order, compared as in search_articles; where nothing fits, an error names the stories whose titles are
  nearest
example: from story_named('facial recognition')
signature: >
  story, source = null, topic = null, query = null, from_date = null, to_date = null, maximum_place = 1
parameters:
  story: a story_id, the path of one of its documents, an address, or words of a title
  maximum_place: how many stories
columns:
  place: 1 = the best
*/
with
-- Spellings of an address that are not brought to its canonical form are found as they were written.
asked as (
    select normalized(cast(story as varchar)) as spelled, address_named(cast(story as varchar)) as address
),

chosen as (
    select stories.story_id, stories.title, stories.article_count, stories.lead_article_id
    from stories
    semi join stories_for(source, topic, query, from_date, to_date) as selected using (story_id)
),

titled as (
    select article_id
    from articles
    where
        (select asked.spelled from asked) <> ''
        and list_has_all(words(normalized_title), words((select asked.spelled from asked)))
),

candidates as (
    select story_id, 1 as preference from stories where cast(story_id as varchar) = cast(story as varchar)
    union all
    select story_id, 2
    from documents
    where path = cast(story as varchar) or ends_with(path, '/' || cast(story as varchar))
    union all
    select story_articles.story_id, 3
    from story_articles
    join articles using (article_id)
    where
        articles.canonical_url = (select asked.address from asked)
        or articles.article_id in (select article_id from article_urls where url = trim(cast(story as varchar)))
    union all
    select story_id, if(article_id = lead_article_id, 4, 5)
    from story_articles
    join titled using (article_id)
    join chosen using (story_id)
),

preferred as (
    select story_id, min(preference) as preference from candidates group by story_id
),

placed as (
    select
        chosen.story_id,
        row_number() over (order by preferred.preference, chosen.article_count desc, chosen.story_id) as place
    from preferred
    join chosen using (story_id)
),

nearest as (
    select
        coalesce(title, '') || ' (' || story_id || ')' as name,
        jaro_winkler_similarity(lower(title), lower(cast(story as varchar))) as similarity
    from chosen
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
