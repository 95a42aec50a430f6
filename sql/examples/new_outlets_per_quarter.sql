/*
question: How many outlets appeared for the first time in each quarter?
answer:
  - ['2020-04-01', 18]
*/
select cast(date_trunc('quarter', first_at) as date) as quarter, count(*) as provider_count
from (select min(published_at) as first_at from articles group by provider_id)
group by quarter order by quarter
