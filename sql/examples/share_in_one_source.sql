/*
question: Who has which share of voice in one of several sources?
answer:
  - [Forbes, 2, 0.105263158]
*/
select provider_name, article_count, share
from share_of_voice_for(source := 'seeds', minimum_count := 1)
where article_count > 1
