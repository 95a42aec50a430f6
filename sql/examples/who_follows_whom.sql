/*
question: Who picks up whose stories within a day, how often and how fast?
corpus: generated
answer:
  - [dailycourier.example, youtube.com, 29, 637.583333]
  - [evening-signal.example, dailycourier.example, 21, 458.0]
  - [youtube.com, evening-signal.example, 20, 606.766667]
*/
select leader, follower, story_count, median_delay_minutes
from pickup_network()
order by story_count desc, leader, follower limit 3
