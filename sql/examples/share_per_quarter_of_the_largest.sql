/*
question: How large is the share of the largest provider per quarter?
answer:
  - ['2020-04-01', forbes.com, 2, 0.105263158]
  - ['2020-04-01', others, 17, 0.894736842]
*/
select period_start, unit, article_count, share
from share_over_time(grain := 'quarter', top := 1)
