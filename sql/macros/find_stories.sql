/*
chapter: Stories and articles
question: Which stories have what is searched?
definition: >
  stories with an article that matches, see search_terms; those whose lead matches come first, then those
  with the best article
grain: one row per story, best match first
edge_cases: no row where no article matches
example: select title, url, article_count from find_stories('facial recognition')
signature: text, source = null, topic = null, from_date = null, to_date = null
columns:
  matching_article_count: articles of the story that match
  is_lead_match: the lead matches
  score: BM25 score of the best of these articles
*/
with
matching as (
    select
        story_articles.story_id,
        count(*) as matching_article_count,
        bool_or(story_articles.membership = 'lead') as is_lead_match,
        max(found.score) as score
    from articles_matching(text) as found
    join story_articles using (article_id)
    group by story_articles.story_id
)

select
    top.title, top.url, top.article_count, top.provider_count, top.lead_provider_name, top.published_at,
    top.first_mover_name, top.margin_minutes, top.is_clock_safe, top.lifespan_minutes, matching.matching_article_count,
    matching.is_lead_match, matching.score, top.lead_provider_domain, top.first_mover_domain, top.source_name,
    top.story_id, top.lead_article_id, top.lead_provider_id
from top_stories_for(
    source := source, topic := topic, from_date := from_date, to_date := to_date, minimum_count := 1
) as top
join matching on top.story_id = matching.story_id
order by matching.is_lead_match desc, matching.score desc, top.article_count desc, top.story_id
