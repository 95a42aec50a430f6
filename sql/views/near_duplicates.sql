/*
chapter: What is copied
question: Which articles of one story have nearly the same title?
definition: >
  Jaccard index of the sets of words of the two normalized titles (Jaccard 1901) of 0.6 or more, for two articles of
  one story
grain: one row per pair of articles; a before b by article_id
example: select title_a, title_b, jaccard from near_duplicates where not is_identical limit 10
*/
select
    title_a, title_b, jaccard, is_identical, delay_minutes, provider_domain_a, provider_domain_b, url_a, url_b,
    article_id_a, article_id_b
from near_duplicates_for()
