/*
question: How long does a typical story live, and when is half of it out?
answer:
  - [468.0, 5847.0]
*/
select median(t50_minutes) as median_t50, median(lifespan_minutes) as median_lifespan
from story_timing
