/*
question: In which weeks was there a burst of coverage?
corpus: generated
answer:
  - ['2020-12-28', 25, 6.76513304]
  - ['2020-10-19', 50, 6.4085022]
  - ['2019-02-04', 25, 6.26188639]
*/
select week_start, article_count, z_score
from bursts
order by z_score desc, week_start limit 3
