/*
question: Which articles on amazon appeared, week by week, with outlet and link?
answer:
  - ['2020-06-15', geekwire.com, Documents reveal Microsoft pitched facial recognition tech to drug enforcement feds, 'https://www.geekwire.com/2020/documents-reveal-microsoft-pitched-facial-recognition-tech-drug-enforcement-feds/']
  - ['2020-06-15', bloomberg.com, 'Amazon, Microsoft Leave Many Face-Recognition Queries Unanswered', 'https://www.bloomberg.com/news/articles/2020-06-19/amazon-microsoft-leave-many-face-recognition-queries-unanswered']
  - ['2020-06-15', seattletimes.com, 'Amazon, Microsoft leave many face-recognition queries unanswered', 'https://www.seattletimes.com/business/amazon-microsoft-leave-many-face-recognition-queries-unanswered/']
*/
select cast(date_trunc('week', published_at) as date) as week, provider_domain, title, url
from search_articles('amazon')
order by published_at limit 3
