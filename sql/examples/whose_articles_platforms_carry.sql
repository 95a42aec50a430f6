/*
question: Whose articles do platforms carry, and how many?
corpus: generated
answer:
  - [youtube.com, Daily Plays, 79]
  - [youtube.com, Evening Plays, 44]
  - [msn.com, Daily Courier, 34]
*/
select provider_domain, publisher_name, article_count
from platform_articles
order by article_count desc, provider_domain, publisher_name limit 3
