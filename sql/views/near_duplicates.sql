/*
chapter: What is copied
question: Which articles of one story have nearly the same title?
definition: Jaccard index of the sets of words of the two normalized titles (Jaccard 1901) of 0.6 or more, for two articles of one story
grain: one row per pair of articles; a before b by article_id
edge_cases: a pair that shares several stories counts once; articles without a title are left out
example: select title_a, title_b, jaccard from near_duplicates where not is_identical limit 10
columns:
  title_a: title of a
  title_b: title of b
  jaccard: common words / words of either title
  is_identical: the normalized titles are equal
  delay_minutes: minutes from a to b; negative = b came first; null where a time is missing
  article_id_a: smaller key
  article_id_b: larger key
*/
select
    title_a,
    title_b,
    jaccard,
    is_identical,
    delay_minutes,
    article_id_a,
    article_id_b
from near_duplicates_for()
