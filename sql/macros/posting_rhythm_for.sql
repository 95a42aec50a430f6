/*
chapter: When it appears
question: At which hours of which weekdays does a provider, a publisher or a topic appear, in a period?
definition: distinct articles by weekday and hour of their first publication, as clocks in the time zone show it
grain: one row per weekday and hour with an article
edge_cases: >
  articles without a usable time are left out; from_date and to_date are days of the time zone
example: from posting_rhythm_for(time_zone := 'America/New_York')
signature: >
  provider = null, source = null, topic = null, query = null, from_date = null, to_date = null, time_zone = 'UTC',
  publisher = null
columns:
  weekday: 1 = Monday to 7 = Sunday
  hour: hour of the day, 0 to 23
*/
with
shown as (
    select local_time(published_at, time_zone) as shown_at
    from articles_for(
        source, topic, query, from_date, to_date,
        provider := provider, publisher := publisher, time_zone := time_zone
    )
    where published_at is not null
)

select
    cast(isodow(shown_at) as integer) as weekday,
    cast(hour(shown_at) as integer) as hour,
    count(*) as article_count
from shown
group by isodow(shown_at), hour(shown_at)
order by weekday, hour
