/*
chapter: Who covers what, alone or together
question: Which large stories did a provider miss?
definition: >
  stories of at least minimum_count providers without an article of this one, in the sources in which it occurs
grain: one row per story, largest first
edge_cases: a provider has to be named; one that is nowhere is an error
example: select title, url, provider_count from missed_stories_for(provider := 'cnet.com', minimum_count := 2)
signature: >
  provider = null, source = null, topic = null, query = null, from_date = null, to_date = null, minimum_count = 5
parameters:
  minimum_count: fewest providers of a story
*/
with
asked as (
    select
        case
            when provider is null then error('name a provider: missed_stories_for(provider := ''example.com'')')
            else provider_named(provider)
        end as provider_id
),

covered as (
    select distinct stories.story_id, stories.source_name
    from story_articles
    join stories using (story_id)
    where story_articles.provider_id = (select asked.provider_id from asked)
)

select
    top.title, top.url, top.article_count, top.provider_count, top.lead_provider_name, top.published_at,
    top.first_mover_name, top.margin_minutes, top.is_clock_safe, top.lifespan_minutes, top.lead_provider_domain,
    top.first_mover_domain, top.source_name, top.story_id, top.lead_article_id, top.lead_provider_id
from top_stories_for(
    source := source, topic := topic, query := query, from_date := from_date, to_date := to_date, minimum_count := 1
) as top
where
    top.provider_count >= minimum_count
    and top.source_name in (select covered.source_name from covered)
    and top.story_id not in (select covered.story_id from covered)
order by top.provider_count desc, top.article_count desc, top.published_at desc nulls last, top.story_id
