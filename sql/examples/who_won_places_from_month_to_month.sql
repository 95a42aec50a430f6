/*
question: Which of the largest providers won most places from one month to the next?
corpus: generated
answer:
  - ['2018-09-01', msn.com, 6, 10]
  - ['2017-11-01', morningstandard.test, 2, 7]
  - ['2018-09-01', morningstandard.test, 9, 7]
*/
select period_start, unit, rank, rank_change
from share_over_time(grain := 'month', top := 5)
order by rank_change desc nulls last, period_start, unit limit 3
