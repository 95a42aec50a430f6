/*
chapter: Stories and articles
question: Which were the largest stories of a source, a topic, some words, a period, a provider or a publisher?
definition: >
  stories by the number of their articles, with the headline and the address of their lead and the verdict of
  first_mover_by_story; of a provider and a publisher, those that stories_with finds
grain: one row per story with at least minimum_count articles, largest first
edge_cases: >
  Several first movers share a story, then the margin is 0. First mover, margin and is_clock_safe are null where fewer
  than two providers have a time.
example: select title, url, article_count from top_stories_for(from_date := '2020-06-01', to_date := '2020-06-30')
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, minimum_count = 1, provider = null,
  publisher = null
*/
with
-- Lists that are sorted take a third of the time of texts that are put together in order.
units as (
    select
        first_units.story_id,
        list_sort(list({'domain': providers.domain, 'name': providers.name})) as first_movers,
        min(first_units.margin_minutes) as margin_minutes,
        bool_or(first_units.is_clock_safe) as is_clock_safe
    from first_units_for(source, topic, query, from_date, to_date, 'provider') as first_units
    join providers on first_units.unit_id = providers.provider_id
    group by first_units.story_id
),

firsts as (
    select
        story_id, margin_minutes, is_clock_safe,
        array_to_string(list_transform(first_movers, lambda mover: mover.domain), ', ') as first_mover_domain,
        array_to_string(list_transform(first_movers, lambda mover: mover.name), ', ') as first_mover_name
    from units
)

select
    stories.title, articles.url, stories.article_count, stories.provider_count,
    providers.name as lead_provider_name,
    stories.lead_published_at as published_at,
    firsts.first_mover_name, firsts.margin_minutes, firsts.is_clock_safe,
    (epoch_us(stories.last_published_at) - epoch_us(stories.first_published_at)) / 60e6 as lifespan_minutes,
    providers.domain as lead_provider_domain,
    firsts.first_mover_domain, stories.source_name, stories.story_id, stories.lead_article_id, stories.lead_provider_id
from stories
semi join stories_for(source, topic, query, from_date, to_date) as chosen on stories.story_id = chosen.story_id
join articles on stories.lead_article_id = articles.article_id
join providers on stories.lead_provider_id = providers.provider_id
left join firsts on stories.story_id = firsts.story_id
where
    stories.article_count >= minimum_count
    and (
        (provider is null and publisher is null)
        or stories.story_id in (select asked.story_id from stories_with(provider, publisher) as asked)
    )
order by
    stories.article_count desc, stories.provider_count desc, stories.lead_published_at desc nulls last, stories.story_id
