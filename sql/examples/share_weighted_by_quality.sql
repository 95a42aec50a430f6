/*
question: Who has which share when articles are weighted by quality?
answer:
  - [forbes.com, 0.135064935]
  - [cnet.com, 0.0909090909]
  - [techcrunch.com, 0.0891774892]
*/
select domain, sum(quality) / sum(sum(quality)) over () as quality_share
from articles join providers using (provider_id)
group by domain order by quality_share desc, domain limit 3
