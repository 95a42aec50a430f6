/*
question: How concentrated is the coverage by host, and how many equal providers would that be?
answer:
  - [articles, 0.0581717452, 17.1904762]
  - [entries, 0.06, 16.6666667]
*/
select population, hhi, effective_number
from concentration
where counted_by = 'provider'
order by population
