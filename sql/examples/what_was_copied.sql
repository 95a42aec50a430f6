/*
question: Which titles appeared on several domains, and where is the original?
answer:
  - ['Amazon, Microsoft Leave Many Face-Recognition Queries Unanswered', 2, 'https://www.bloomberg.com/news/articles/2020-06-19/amazon-microsoft-leave-many-face-recognition-queries-unanswered']
*/
select title, article_count, url
from syndication
