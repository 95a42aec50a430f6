/*
chapter: When it appears
question: At which hours of which weekdays do articles appear?
grain: one row per weekday and hour with an article
example: from posting_rhythm order by article_count desc limit 5
*/
select
    weekday,
    hour,
    article_count
from posting_rhythm_for()
