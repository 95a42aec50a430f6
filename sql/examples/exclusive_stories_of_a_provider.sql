/*
question: Which stories does a provider have alone?
corpus: generated
answer:
  - [Acorn Bank is said to end a new release wave for the third time | Episode 30, 'https://youtube.com/watch?v=made000001e']
  - [Everline Bank reportedly plans the merger of its labs ahead of the conference | Episode 42, 'https://youtube.com/watch?v=made000002a']
  - [Borealis Robotics defends a new release wave in a surprise move | Episode 43, 'https://youtube.com/watch?v=made000002b']
*/
select title, url
from exclusive_stories_for(provider := 'youtube.com')
order by published_at, title limit 3
