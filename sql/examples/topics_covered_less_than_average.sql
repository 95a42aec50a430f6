/*
question: Which topics does a provider cover less than others do?
corpus: generated
answer:
  - [youtube.com, Travel, 0.150943396, 0.313539192]
*/
select provider_domain, topic, reach, overall_reach
from coverage_gap
limit 3
