/*
question: In which weeks was there a burst of coverage?
corpus: generated
answer:
  - ['2019-10-21', 40, 18.3412104]
  - ['2021-12-06', 34, 10.9142876]
  - ['2019-08-05', 39, 9.0419443]
*/
select week_start, article_count, z_score
from bursts
order by z_score desc, week_start limit 3
