/*
question: Which were the first five articles of the story on facial recognition?
answer:
  - [0.0, CNET, listed, 30]
  - [3.0, TechCrunch, listed, 46]
  - [47.0, GeekWire, listed, 110]
  - [57.0, The Hill, lead, 1]
  - [69.0, Business Insider, listed, 94]
*/
select minutes_after_first, provider_name, membership, line
from story_timeline('facial recognition')
limit 5
