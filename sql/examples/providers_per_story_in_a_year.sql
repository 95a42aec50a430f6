/*
question: How many providers does a story have on average, per year?
answer:
  - [2020, 1, 18.0]
*/
select year(lead_published_at) as year, count(*) as story_count, avg(provider_count) as mean_provider_count
from stories
group by year order by year
