/*
question: Which share of the articles has an AMP page?
answer:
  - [13, 19, 0.684210526]
*/
select
    sum(amp_article_count) as amp_article_count,
    sum(article_count) as article_count,
    sum(amp_article_count) / sum(article_count) as amp_rate
from amp_adoption
