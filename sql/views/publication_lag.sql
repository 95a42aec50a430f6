/*
chapter: Who is first, who is late
question: How long before or after a story's lead did each other article of the story appear?
definition: >
  published_at of the article's entry in the story minus published_at of the story's lead, signed; negative = it came
  first
grain: one row per story and distinct article other than the lead, where both times are known
edge_cases: >
  Articles without a usable time are left out. A provider's second article in a story has a row of its own.
  is_clock_safe says whether the sign would survive a clock error of eight hours.
example: select title, provider_name, lag_minutes from publication_lag order by lag_minutes limit 10
columns:
  lag_minutes: minutes after the lead; negative = before it
  is_same_provider: the article has the same provider as the lead
  is_clock_safe: the lag is longer than eight hours either way
  provider_id: provider of the article in this story
  publisher_id: publisher of the article in this story
*/
with
followers as (
    select story_id, article_id, provider_id, publisher_id, published_at
    from story_articles
    where membership <> 'lead' and published_at is not null
),

leads as (
    select story_id, source_name, lead_article_id, lead_provider_id, lead_published_at
    from stories
    where lead_published_at is not null
)

select
    articles.title, articles.url, providers.domain as provider_domain, providers.name as provider_name,
    (epoch_us(followers.published_at) - epoch_us(leads.lead_published_at)) / 60e6 as lag_minutes,
    leads.lead_published_at, followers.published_at,
    followers.provider_id = leads.lead_provider_id as is_same_provider,
    abs(epoch_us(followers.published_at) - epoch_us(leads.lead_published_at)) > 8 * 3600e6 as is_clock_safe,
    leads.source_name, followers.story_id, followers.article_id, followers.provider_id, leads.lead_article_id,
    leads.lead_provider_id, followers.publisher_id
from followers
join leads using (story_id)
join providers using (provider_id)
left join articles on followers.article_id = articles.article_id
