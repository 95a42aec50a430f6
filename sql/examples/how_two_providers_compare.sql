/*
question: How do CNET and TechCrunch compare?
answer:
  - [articles, 1.0, 1.0]
  - [share of voice, 0.0526315789, 0.0526315789]
  - [stories, 1.0, 1.0]
*/
select metric, value_a, value_b
from compare_providers('cnet.com', 'techcrunch.com')
limit 3
