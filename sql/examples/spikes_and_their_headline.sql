/*
question: What was the headline of the busiest day?
answer:
  - ['2020-06-17', 9, 'Microsoft pushed its facial recognition to federal agencies, emails show']
*/
select cast(published_at as date) as day, count(*) as article_count, arg_min(title, published_at) as first_title
from articles
group by day order by article_count desc limit 1
