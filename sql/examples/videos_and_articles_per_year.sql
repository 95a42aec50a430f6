/*
question: How many videos and articles appeared per year?
answer:
  - [2020, article, 19]
*/
select year(published_at) as year, media_type, count(*) as article_count
from articles
group by all order by all
