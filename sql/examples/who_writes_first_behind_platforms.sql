/*
question: Who breaks stories, when platforms are resolved to those who wrote?
answer:
  - [CNET, 1, 1.0]
*/
select publisher_name, story_count, first_rate
from first_mover_for(counted_by := 'publisher', minimum_count := 1)
order by first_rate desc, publisher_name limit 1
