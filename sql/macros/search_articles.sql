/*
chapter: Stories and articles
question: Which articles have what is searched, of a provider, a publisher, a source, a topic or a period?
definition: see search_terms for what a search may say, articles_matching for the score; best first
grain: one row per article that matches, best first
edge_cases: of equally good articles the earlier comes first
example: select title, provider_domain, url from search_articles('"facial recognition" police* -china') limit 10
signature: text, provider = null, source = null, topic = null, from_date = null, to_date = null, publisher = null
*/
select
    articles.title,
    providers.domain as provider_domain,
    articles.published_at, matching.score, articles.url, articles.canonical_url, articles.article_id
from articles_matching(text) as matching
join articles using (article_id)
join providers using (provider_id)
semi join articles_for(
    source, topic, null, from_date, to_date, provider := provider, publisher := publisher
) as chosen using (article_id)
order by matching.score desc, articles.published_at, articles.article_id
