/*
chapter: When it appears
question: In which weeks was there much more coverage than in the eight weeks before, and on what?
definition: >
  z = (articles of the week - mean) / deviation, over the 8 weeks before; the deviation is that of a population and at
  least 1. A burst has 5 articles or more and z >= 3. Its story is the one with most articles among those whose lead
  appeared in the week.
grain: one row per burst, a week from Monday
denominator: the 8 weeks before, zero-filled
edge_cases: a week needs all 8 weeks before it within the range of the coverage
headline: true
example: from bursts
columns:
  baseline_mean: mean of the 8 weeks before
  baseline_deviation: population standard deviation of the 8 weeks before, at least 1
*/
select week_start, article_count, baseline_mean, baseline_deviation, z_score, title, url, story_id
from bursts_for()
