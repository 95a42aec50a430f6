/*
question: Which part of the coverage of each month mentions the DEA?
answer:
  - ['2020-06-01', 7, 19, 0.368421053]
*/
select period_start, article_count, total_article_count, share
from coverage_over_time('month', query := 'dea')
