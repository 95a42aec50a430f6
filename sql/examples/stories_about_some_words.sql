/*
question: Which stories are about facial recognition?
answer:
  - ['Microsoft tried to sell facial recognition technology to the DEA, emails show', 17, true]
*/
select title, matching_article_count, is_lead_match
from find_stories('"facial recognition"')
