/*
chapter: Who is first, who is late
question: How far behind the leads do related articles appear, and how much does the answer depend on what is counted?
definition: >
  Quantiles (linearly interpolated) of the lag behind the lead. stories: publication_lag, each article of a story
  once. all documents: each document's own list, self-links and repeats left out. published documents: the same where
  published is true. raw rows: every row of related_links, nothing left out.
grain: one row per scope
edge_cases: rows without a usable time on both sides are left out; only the scope `stories` counts a piece of news once
headline: true
example: select scope, lag_count, median_lag_minutes from publication_lag_summary
*/
with
scopes as (
    select unnest(['stories', 'all documents', 'published documents', 'raw rows']) as scope
)

select
    scopes.scope,
    coalesce(summaries.lag_count, 0) as lag_count,
    coalesce(summaries.ahead_count, 0) as ahead_count,
    coalesce(summaries.zero_count, 0) as zero_count,
    summaries.p25_lag_minutes, summaries.median_lag_minutes, summaries.p75_lag_minutes, summaries.p90_lag_minutes,
    summaries.mean_lag_minutes,
    summaries.ahead_count / summaries.lag_count as ahead_share,
    wilson(summaries.ahead_count, summaries.lag_count).low as ahead_share_low,
    wilson(summaries.ahead_count, summaries.lag_count).high as ahead_share_high
from scopes
left join lag_months as summaries
    on scopes.scope = summaries.scope and summaries.counted_by = 'all' and summaries.month_start is null
order by list_position(['stories', 'all documents', 'published documents', 'raw rows'], scopes.scope)
