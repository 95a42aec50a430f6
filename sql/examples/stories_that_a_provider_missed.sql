/*
question: Which are the biggest stories that a provider missed?
corpus: generated
answer:
  - [Everline Robotics opens its portal for partners ahead of the conference, 33, 25]
  - [Everline Games sells night flights in a surprise move, 12, 12]
  - [‘Borealis Motors’ delays talks with regulators – Ω sources say, 12, 11]
*/
select title, article_count, provider_count
from missed_stories_for(provider := 'youtube.com')
limit 3
