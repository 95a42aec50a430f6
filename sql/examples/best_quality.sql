/*
question: Which three providers have the best median quality?
answer:
  - [CNET, 105.0]
  - [TechCrunch, 103.0]
  - [Engadget, 89.0]
*/
select provider_name, median_quality
from quality_by_provider
order by median_quality desc, provider_name
limit 3
