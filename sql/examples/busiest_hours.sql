/*
question: In which hours of the week did most articles appear?
answer:
  - [3, 17, 3]
  - [3, 18, 3]
  - [3, 19, 2]
*/
select weekday, hour, article_count
from posting_rhythm
order by article_count desc, weekday, hour
limit 3
