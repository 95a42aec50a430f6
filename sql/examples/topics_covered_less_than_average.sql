/*
question: Which topics does a provider cover less than others do?
corpus: generated
answer:
  - [dailycourier.example, Finance, 0.0882352941, 0.232198142]
  - [msn.com, Chips, 0.0, 0.111455108]
*/
select provider_domain, topic, reach, overall_reach
from coverage_gap
limit 3
