/*
question: Which are the biggest stories that a provider missed?
corpus: generated
answer:
  - [Everline Robotics opens its portal for partners ahead of the conference, 33, 25]
  - ['Fathom Robotics defends a faster charging network, emails show', 17, 15]
  - [‘Cinder Energy’ delays a faster charging network – Ω in a surprise move, 17, 12]
*/
select title, article_count, provider_count
from missed_stories_for('youtube.com')
limit 3
