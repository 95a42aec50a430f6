/*
question: Which are the ten biggest stories of June 2020, with headline and link?
answer:
  - ['Microsoft tried to sell facial recognition technology to the DEA, emails show', 'https://thehill.com/policy/technology/503164-microsoft-tried-to-sell-facial-recognition-technology-to-the-dea-emails', 19, 18]
*/
select title, url, article_count, provider_count
from top_stories_for(from_date := '2020-06-01', to_date := '2020-06-30')
limit 10
