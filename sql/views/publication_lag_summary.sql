/*
chapter: Who is first, who is late
question: How far behind the leads do related articles appear, and how much does the answer depend on what is counted?
definition: >
  Quantiles (linearly interpolated) of the lag behind the lead. stories: publication_lag, each article of a story
  once. all documents: each document's own list, self-links and repeats left out. published documents: the same where
  published is true. raw rows: every row of related_links, nothing left out.
grain: one row per scope
edge_cases: rows without a usable time on both sides are left out; only the scope `stories` counts a piece of news once
example: select scope, lag_count, median_lag_minutes from publication_lag_summary
*/
select
    scope,
    lag_count,
    ahead_count,
    zero_count,
    p25_lag_minutes,
    median_lag_minutes,
    p75_lag_minutes,
    p90_lag_minutes,
    mean_lag_minutes,
    ahead_share,
    ahead_share_low,
    ahead_share_high
from publication_lag_summary_for()
