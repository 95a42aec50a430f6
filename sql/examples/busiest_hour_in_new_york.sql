/*
question: Which is the busiest hour of the week in New York?
answer:
  - [3, 13, 3]
*/
select weekday, hour, article_count
from posting_rhythm_for(time_zone := 'America/New_York')
order by article_count desc, weekday, hour limit 1
