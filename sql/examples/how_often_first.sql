/*
question: How often is CNET first, and how sure is that?
answer:
  - [CNET, 1, 1.0, 0.206549314, 1.0]
*/
select provider_name, story_count, first_rate, first_rate_low, first_rate_high
from first_mover_for(minimum_count := 1)
where provider_domain = 'cnet.com'
