/*
chapter: Building blocks
question: How many articles of a provider, a topic and a period appear per hour?
definition: >
  distinct articles by the hour of their first publication, UTC; without a provider and a topic the mart article_hours
  has the answer
grain: one row per hour with an article
edge_cases: articles without a usable time are left out
example: from article_hours_for('cnet.com', null, null, null) limit 5
signature: provider, topic, from_date, to_date
parameters:
  provider: a domain, or null
columns:
  article_count: distinct articles first published in the hour
*/
with
asked_provider as (
    select provider_id
    from providers
    where domain = asked_domain(provider)
)

select
    hour_start,
    article_count
from article_hours
where
    provider is null
    and topic is null
    and (from_date is null or hour_start >= cast(from_date as date))
    and (to_date is null or hour_start < cast(to_date as date) + interval 1 day)
union all
select
    date_trunc('hour', chosen.published_at),
    count(*)
from articles_for(topic, from_date, to_date) as chosen
where
    not (provider is null and topic is null)
    and chosen.published_at is not null
    and (provider is null or chosen.provider_id in (select asked_provider.provider_id from asked_provider))
group by 1
