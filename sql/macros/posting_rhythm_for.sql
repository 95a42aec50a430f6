/*
question: At which hours of which weekdays does a provider, or a topic, publish?
definition: distinct articles by weekday and hour of their first publication, UTC
grain: one row per weekday and hour with an article
edge_cases: articles without a usable time are left out
example: from posting_rhythm_for(provider := 'cnet.com')
parameters:
  provider = null: a domain
  topic = null: a topic's name; counts lead articles only
columns:
  weekday: 1 = Monday to 7 = Sunday, UTC
  hour: hour of the day, 0 to 23, UTC
  article_count: distinct articles
*/
with
asked_provider as (
    select provider_id
    from providers
    where domain = regexp_replace(lower(trim(provider)), '^(https?://)?(www\.)?', '')
),

dated as (
    select articles.published_at
    from articles_for(topic, null, null) as chosen
    join articles using (article_id)
    where
        articles.published_at is not null
        and (provider is null or articles.provider_id in (select asked_provider.provider_id from asked_provider))
)

select
    isodow(published_at) as weekday,
    hour(published_at) as hour,
    count(*) as article_count
from dated
group by isodow(published_at), hour(published_at)
order by weekday, hour
