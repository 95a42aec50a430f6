/*
question: How long until half and nine tenths of the articles were out?
answer:
  - [468.0, 4632.0, 5847.0]
*/
select t50_minutes, t90_minutes, lifespan_minutes
from story_timing
order by article_count desc
limit 1
