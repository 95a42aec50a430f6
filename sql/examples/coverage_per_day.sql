/*
question: How many articles appeared per day?
answer:
  - ['2020-06-17', 9]
  - ['2020-06-18', 5]
  - ['2020-06-19', 2]
  - ['2020-06-20', 2]
  - ['2020-06-21', 1]
*/
select period_start, article_count
from coverage_by_day
