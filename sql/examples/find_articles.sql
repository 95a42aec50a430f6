/*
question: Which article is most about the Drug Enforcement Administration?
answer:
  - ['Microsoft tried to sell facial recognition technology to the DEA, emails show', thehill.com]
*/
select title, provider_domain
from search_articles('Drug Enforcement Administration')
limit 1
