/*
question: Who is fastest behind the lead?
answer:
  - [CNET, 1, -57.0]
  - [TechCrunch, 1, -54.0]
  - [GeekWire, 1, -10.0]
*/
select provider_name, lag_count, median_lag_minutes
from publication_lag_by_provider_for(minimum_count := 1)
order by median_lag_minutes limit 3
