/*
question: Who has which share of the articles on Amazon or IBM?
answer:
  - [Bloomberg, 1, 0.2]
  - [Forbes, 1, 0.2]
  - [GeekWire, 1, 0.2]
*/
select provider_name, article_count, share
from share_of_voice_for(query := 'amazon or ibm', minimum_count := 1)
order by article_count desc, provider_name limit 3
