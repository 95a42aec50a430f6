/*
question: How many articles does each provider and publisher bring out per month?
definition: >
  distinct articles by the month of their first publication (UTC), the provider that hosts them and the publisher that
  wrote them
grain: one row per month, provider and publisher with an article
edge_cases: articles without a usable day have the month null, so that the counts sum to all articles
example: >
  select month_start, sum(month_article_count) as article_count from provider_months group by month_start order by
  month_start
columns:
  month_entry_count: entries of these articles, repeats included
*/
select
    cast(date_trunc('month', published_date) as date) as month_start,
    provider_id, publisher_id,
    count(*) as month_article_count,
    cast(sum(entry_count) as bigint) as month_entry_count
from articles
group by all
order by month_start nulls last, provider_id, publisher_id
