/*
question: Who leads the documents on AI?
answer:
  - [The Hill, 1, 1.0]
*/
select provider_name, article_count, share
from topic_provider_share
where topic = 'AI'
