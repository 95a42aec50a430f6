/*
chapter: When it appears
question: At which hours of which weekdays do articles appear?
grain: one row per weekday and hour with an article
headline: true
example: from posting_rhythm order by article_count desc limit 5
*/
select
    cast(isodow(hour_start) as integer) as weekday,
    cast(hour(hour_start) as integer) as hour,
    sum(article_count) as article_count
from article_hours
where hour_start is not null
group by isodow(hour_start), hour(hour_start)
order by weekday, hour
