/*
question: Which providers have more than one article?
answer:
  - [Forbes, 2, 0.105263158]
*/
select provider_name, article_count, share
from share_of_voice
where article_count > 1
