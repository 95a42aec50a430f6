/*
chapter: Building blocks
question: Which stories belong to a source, a topic, some words and a period?
definition: >
  Stories whose head or representative document is of the source and carries the topic, that have an article with the
  words, and whose lead appeared in the period (UTC days, both included). Null asks for all.
grain: one row per story
edge_cases: with a date, stories whose lead has no usable day are left out
example: select count(*) from stories_for(null, null, null, '2020-01-01', '2020-12-31')
signature: source, topic, query, from_date, to_date
parameters:
  source: name of a source, of the story's head or representative document
  topic: a topic's name, of the story's head or representative document
  query: a search, see search_terms, of any article of the story
  from_date: first day of the story's lead
  to_date: last day of the story's lead
*/
with
in_period as (
    select story_id, source_name, document_id
    from stories
    where
        (source is null or source_name = source_named(source))
        and (from_date is null or lead_published_date >= cast(from_date as date))
        and (to_date is null or lead_published_date <= cast(to_date as date))
),

with_topic as (
    select document_id from document_topics where topic is not null and topic_id = topic_named(topic)
),

of_query as (
    select story_articles.story_id
    from story_articles
    join articles_matching(query) as matching using (article_id)
    where query is not null
)

select in_period.story_id, in_period.source_name
from in_period
where
    (topic is null or in_period.document_id in (select with_topic.document_id from with_topic))
    and (query is null or in_period.story_id in (select of_query.story_id from of_query))
