/*
chapter: Who covers what, alone or together
question: Which large stories did a provider or publisher miss?
definition: >
  stories of at least minimum_count providers without an article of this one, in the sources in which it occurs; with a
  provider and a publisher, without an article of this publisher on this provider
grain: one row per story, largest first
edge_cases: a provider or publisher has to be named; one that is nowhere is an error
example: select title, url, provider_count from missed_stories_for(provider := 'cnet.com', minimum_count := 2)
signature: >
  provider = null, source = null, topic = null, query = null, from_date = null, to_date = null, minimum_count = 5,
  publisher = null
parameters:
  minimum_count: fewest providers of a story
*/
with
covered as (
    select stories.story_id, stories.source_name
    from stories
    semi join stories_with(provider, publisher) as asked using (story_id)
    where
        case
            when provider is null and publisher is null
                then error('name a provider or publisher: missed_stories_for(provider := ''example.com'')')
            else true
        end
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
