/*
chapter: Stories and articles
question: Which were the largest stories?
grain: one row per story, largest first
headline: true
example: select title, article_count, first_mover_name from top_stories limit 10
*/
select
    title, url, article_count, provider_count, lead_provider_name, published_at, first_mover_name, margin_minutes,
    is_clock_safe, lifespan_minutes, lead_provider_domain, first_mover_domain, source_name, story_id, lead_article_id,
    lead_provider_id
from top_stories_for(minimum_count := 1)
