/*
chapter: Who covers what, alone or together
question: Which are the stories that a provider or publisher has to itself?
definition: stories whose only unit it is, which exclusives counts
grain: one row per story of a single provider or publisher with at least minimum_count articles
edge_cases: a story of one unit may have several of its articles; counted by provider unless counted_by says so
example: select provider_name, title, url from exclusive_stories_for(from_date := '2020-06-01') limit 10
signature: >
  provider = null, source = null, topic = null, query = null, from_date = null, to_date = null, counted_by =
  'provider', minimum_count = 1, publisher = null
parameters:
  provider: host of the lead
  publisher: who wrote the lead, as publisher_named takes it
*/
with
members as (
    select
        story_articles.story_id,
        min(if(counted_by = 'publisher', story_articles.publisher_id, story_articles.provider_id)) as unit_id,
        max(if(counted_by = 'publisher', story_articles.publisher_id, story_articles.provider_id)) as largest_unit_id
    from story_articles
    semi join stories_for(source, topic, query, from_date, to_date) as chosen using (story_id)
    group by story_articles.story_id
),

alone as (
    select story_id, unit_id from members where unit_id = largest_unit_id
)

select
    units.provider_domain, units.provider_name, units.publisher_key, units.publisher_name, stories.title, articles.url,
    stories.lead_published_at as published_at,
    stories.article_count, stories.source_name, stories.story_id, stories.lead_article_id, units.provider_id,
    units.publisher_id
from alone
join stories on alone.story_id = stories.story_id
join articles on stories.lead_article_id = articles.article_id
join coverage_units(counted_by) as units on alone.unit_id = units.unit_id
where
    stories.article_count >= minimum_count
    and (provider is null or stories.lead_provider_id = provider_named(provider))
    and (publisher is null or articles.publisher_id = publisher_named(publisher))
order by stories.article_count desc, stories.lead_published_at desc nulls last, stories.story_id
