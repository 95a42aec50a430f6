/*
chapter: When it appears
question: At which hours of which weekdays does a provider, or a topic, publish, in a period?
definition: distinct articles by weekday and hour of their first publication, UTC
grain: one row per weekday and hour with an article
edge_cases: articles without a usable time are left out
example: from posting_rhythm_for(provider := 'cnet.com')
signature: provider = null, topic = null, from_date = null, to_date = null
columns:
  weekday: 1 = Monday to 7 = Sunday, UTC
  hour: hour of the day, 0 to 23, UTC
*/
select
    isodow(published_at) as weekday,
    hour(published_at) as hour,
    count(*) as article_count
from articles_for(topic, from_date, to_date, provider := provider)
where published_at is not null
group by isodow(published_at), hour(published_at)
order by weekday, hour
