/*
question: Which topics do the documents carry?
answer:
  - [AI, 1, 0.5]
  - [Computer Vision, 1, 0.5]
*/
select topic, document_count, share
from topic_share
order by topic
