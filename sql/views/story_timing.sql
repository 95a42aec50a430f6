/*
chapter: Stories and articles
question: How fast does a story spread, and how long does it live?
definition: >
  Over the articles of the story that have a time: lifespan = last minus first; t50 and t90 = time of the ceil(0.5 n)-th and
  ceil(0.9 n)-th article minus the first; lead gap = the lead minus the first.
grain: one row per story
edge_cases: null where no article of the story has a time; the counts are of all its articles
example: select article_count, t50_minutes, t90_minutes, lifespan_minutes from story_timing
columns:
  article_count: distinct articles of the story
  provider_count: distinct providers of the story
  lifespan_minutes: minutes from the first to the last article
  t50_minutes: minutes until half of the articles were out
  t90_minutes: minutes until nine tenths of the articles were out
  lead_gap_minutes: minutes from the first article to the lead
  first_published_at: when the first article appeared, UTC
  story_id: key of the story
*/
select
    article_count,
    provider_count,
    lifespan_minutes,
    t50_minutes,
    t90_minutes,
    lead_gap_minutes,
    first_published_at,
    story_id
from story_timing_for(minimum_count := 1)
