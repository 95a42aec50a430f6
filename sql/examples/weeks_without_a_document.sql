/*
question: How many days of a source are without an article?
corpus: generated
answer:
  - [869]
*/
select count(*) as day_count
from coverage_over_time('day', source := 'corpus')
where article_count = 0
