/*
question: Whose articles do platforms carry, and how many?
corpus: generated
answer:
  - [youtube.com, Daily Plays, 93]
  - [youtube.com, Evening Plays, 37]
  - [youtube.com, Morning Plays, 28]
*/
select provider_domain, publisher_name, article_count
from platform_articles
order by article_count desc, provider_domain, publisher_name limit 3
