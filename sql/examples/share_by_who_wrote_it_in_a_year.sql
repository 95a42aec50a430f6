/*
question: Who wrote most of the articles of 2020?
answer:
  - [Forbes, 2, 0.105263158]
*/
select publisher_name, article_count, share
from share_of_voice_for(from_date := '2020-01-01', to_date := '2020-12-31', counted_by := 'publisher', minimum_count := 1)
where article_count > 1
