/*
question: Which share of the documents of 2020 has each topic?
answer:
  - [AI, 1, 0.5]
  - [Computer Vision, 1, 0.5]
*/
select topic, document_count, share
from topic_share_for(from_date := '2020-01-01', to_date := '2020-12-31', minimum_count := 1)
order by topic
