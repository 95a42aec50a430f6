/*
question: Which words are most frequent in headlines?
answer:
  - [recognition, 19]
  - [to, 18]
  - [facial, 16]
  - [microsoft, 13]
  - [the, 7]
*/
select word, count(*) as title_count
from (select unnest(words(normalized_title)) as word from articles)
group by word order by title_count desc, word limit 5
