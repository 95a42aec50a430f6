/*
question: Which pairs of articles have nearly the same title without being the same?
answer:
  - ['Microsoft tried to sell facial recognition technology to the DEA, emails show', Microsoft reportedly tried to sell facial recognition tech to the DEA, 0.615384615]
  - [ACLU Finds Microsoft Tried To Sell Facial Recognition Software to the DEA, Microsoft reportedly tried to sell facial recognition tech to the DEA, 0.615384615]
*/
select title_a, title_b, jaccard
from near_duplicates
where not is_identical
