/*
chapter: Who covers what, alone or together
question: Which are the stories that a provider has to itself?
definition: stories whose only provider it is, which exclusives counts
grain: one row per story of a single provider
edge_cases: a story of one provider may have several of its articles
example: select provider_name, title, url from exclusive_stories limit 10
*/
select
    provider_domain, provider_name, title, url, published_at, article_count, source_name, story_id, lead_article_id,
    provider_id
from exclusive_stories_for(counted_by := 'provider', minimum_count := 1)
