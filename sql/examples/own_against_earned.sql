/*
question: Which share of the articles is on domains of our own list?
answer:
  - [0.157894737]
*/
select count(*) filter (where domain in ('cnet.com', 'forbes.com')) / count(*) as own_share
from articles join providers using (provider_id)
