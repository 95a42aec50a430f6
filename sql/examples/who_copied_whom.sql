/*
question: Who copied which provider, and how long after?
answer:
  - [Seattle Times, Bloomberg, 1637.0]
*/
select provider_name, original_provider_name, delay_minutes
from syndicated_articles
