/*
question: How long after the lead does the typical related article appear?
answer:
  - [18, 746.0, 4481.2]
*/
select lag_count, median_lag_minutes, p90_lag_minutes
from publication_lag_summary
where scope = 'stories'
