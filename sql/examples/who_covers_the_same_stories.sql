/*
question: How many pairs of providers cover the same stories?
answer:
  - [153, 1.0]
*/
select count(*) as pair_count, max(jaccard) as largest_jaccard
from co_coverage_for(minimum_count := 1)
