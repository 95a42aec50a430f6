/*
chapter: When it appears
question: At which hours of which weekdays do articles appear?
definition: distinct articles by weekday and hour of their first publication, UTC
grain: one row per weekday and hour with an article
edge_cases: articles without a usable time are left out
example: from posting_rhythm order by article_count desc limit 5
columns:
  weekday: 1 = Monday to 7 = Sunday, UTC
  hour: hour of the day, 0 to 23, UTC
  article_count: distinct articles
*/
select
    weekday,
    hour,
    article_count
from posting_rhythm_for()
