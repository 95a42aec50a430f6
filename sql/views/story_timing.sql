/*
chapter: Stories and articles
question: How fast does a story spread, and how long does it live?
grain: one row per story
example: select title, article_count, t50_minutes, t90_minutes, lifespan_minutes from story_timing
*/
select
    title, url, article_count, provider_count, lifespan_minutes, t50_minutes, t90_minutes, lead_gap_minutes,
    first_published_at, source_name, story_id
from story_timing_for(minimum_count := 1)
