/*
chapter: What is copied
question: Which articles appear under the same title on several domains?
definition: >
  articles with the same normalized title of at least minimum_word_count words on two providers or more; the original
  is the earliest of the selection
grain: one row per normalized title
edge_cases: >
  Seen is only what keeps its title and whose original is in the corpus. Copies under a changed title in one story are
  near_duplicates; the original of most articles on a platform (MSN, Yahoo) is not in the corpus, and platform_articles
  tells by their names who wrote them. Of equally early articles the smaller article_id is the original.
example: from syndication_for(minimum_word_count := 6) limit 10
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, minimum_word_count = 4
parameters:
  minimum_word_count: fewest words of the title; short titles meet by chance
columns:
  title: title of the original
  normalized_title: the common title
  article_count: distinct articles with it
  url: address of the original, as written
  original_provider_domain: host domain of the original; null for (unknown)
*/
with
titled as (
    select article_id, provider_id, normalized_title, published_at
    from articles
    semi join articles_for(source, topic, query, from_date, to_date) as chosen using (article_id)
    where len(words(normalized_title)) >= minimum_word_count
),

shared as (
    select
        normalized_title,
        count(*) as article_count,
        count(distinct provider_id) as provider_count,
        min(published_at) as first_published_at,
        first(article_id order by published_at nulls last, article_id) as original_article_id
    from titled
    group by normalized_title
    having count(distinct provider_id) >= 2
)

select
    originals.title, shared.article_count, shared.provider_count, shared.first_published_at, originals.url,
    providers.domain as original_provider_domain,
    shared.normalized_title, shared.original_article_id
from shared
join articles as originals on shared.original_article_id = originals.article_id
join providers on originals.provider_id = providers.provider_id
order by shared.article_count desc, shared.normalized_title
