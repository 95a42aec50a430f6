/*
question: Which providers published before the lead?
answer:
  - [CNET, -57.0]
  - [TechCrunch, -54.0]
  - [GeekWire, -10.0]
*/
select provider_name, lag_minutes
from publication_lag
where lag_minutes < 0
order by lag_minutes
