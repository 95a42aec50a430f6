/*
chapter: Building blocks
question: Which stories have an article of a provider, or one that a publisher wrote?
definition: stories with an article on the domain of the provider that the publisher wrote; null asks for any
grain: one row per story
edge_cases: with both null, all stories that have an article
example: select count(*) from stories_with('cnet.com', null)
signature: provider, publisher
*/
select distinct story_id
from story_articles
where
    (provider is null or provider_id = provider_named(provider))
    and (publisher is null or publisher_id = publisher_named(publisher))
