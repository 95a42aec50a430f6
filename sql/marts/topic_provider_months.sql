/*
question: How many articles does each provider bring out on each topic per month?
definition: distinct lead articles of documents that carry the topic, by the month of their first publication (UTC)
grain: one row per month, topic and provider with such an article
edge_cases: >
  Related entries have no topics and do not count. An article on several topics counts for each of them. Articles
  without a usable day have the month null.
example: >
  select month_start, sum(month_article_count) as article_count from topic_provider_months group by month_start order by
  month_start
columns:
  month_article_count: distinct lead articles of the provider on the topic
*/
with
led as (
    select distinct document_topics.topic_id, documents.lead_article_id as article_id
    from document_topics
    join documents using (document_id)
)

select
    cast(date_trunc('month', articles.published_date) as date) as month_start,
    led.topic_id, articles.provider_id,
    count(*) as month_article_count
from led
join articles using (article_id)
group by all
order by month_start nulls last, led.topic_id, articles.provider_id
