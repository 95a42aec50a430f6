/*
question: Who picks up whose stories within a day, how often and how fast?
corpus: generated
answer:
  - [youtube.com, dailycourier.example, 24, 214.7]
  - [dailycourier.example, youtube.com, 21, 358.0]
  - [evening-signal.example, dailycourier.example, 19, 359.0]
*/
select leader, follower, story_count, median_delay_minutes
from pickup_network()
order by story_count desc, leader, follower limit 3
