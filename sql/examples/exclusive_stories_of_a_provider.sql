/*
question: Which stories does a provider have alone?
corpus: generated
answer:
  - [Acorn Bank is said to end a new release wave for the third time | Episode 30, 1]
  - [Everline Bank reportedly plans the merger of its labs ahead of the conference | Episode 42, 1]
  - [Borealis Robotics defends a new release wave in a surprise move | Episode 43, 1]
*/
select title, article_count
from exclusive_stories_for(provider := 'youtube.com')
order by published_at, title limit 3
