/*
question: Which titles appeared on several domains?
answer:
  - [amazon microsoft leave many face recognition queries unanswered, 2, 2]
*/
select normalized_title, article_count, provider_count
from syndication
