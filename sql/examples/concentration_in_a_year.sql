/*
question: How concentrated was the coverage of 2020?
answer:
  - [provider, articles, 0.0581717452, 17.1904762]
  - [provider, entries, 0.06, 16.6666667]
*/
select counted_by, population, hhi, effective_number
from concentration_for(from_date := '2020-01-01', to_date := '2020-12-31')
order by counted_by, population limit 2
