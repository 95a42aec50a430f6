/*
question: Does each mart say what its tables say when they are counted anew?
definition: >
  Counts and medians per unit (provider, topic, day), added up over the months of the mart, against the same computed
  from articles, document_topics and publication_lag.
severity: error
remedy: a defect of the mart
*/
with
counted as (
    select
        'provider_months' as mart_name, 'article_count' as quantity, provider_id as first_key,
        publisher_id as second_key,
        cast(null as date) as day,
        sum(month_article_count) as mart_number,
        0.0 as table_number
    from provider_months
    group by provider_id, publisher_id
    union all
    select 'provider_months', 'article_count', provider_id, publisher_id, null, 0, count(*)
    from articles
    group by provider_id, publisher_id
    union all
    select 'provider_months', 'entry_count', provider_id, publisher_id, null, sum(month_entry_count), 0
    from provider_months
    group by provider_id, publisher_id
    union all
    select 'provider_months', 'entry_count', provider_id, publisher_id, null, 0, sum(entry_count)
    from articles
    group by provider_id, publisher_id
    union all
    select
        'article_hours', 'article_count', null, null, coalesce(cast(hour_start as date), published_date),
        sum(article_count), 0
    from article_hours
    group by coalesce(cast(hour_start as date), published_date)
    union all
    select 'article_hours', 'article_count', null, null, published_date, 0, count(*)
    from articles
    where published_date is not null
    group by published_date
    union all
    select 'topic_months', 'document_count', topic_id, null, null, sum(month_document_count), 0
    from topic_months
    group by topic_id
    union all
    select 'topic_months', 'document_count', topic_id, null, null, 0, count(*)
    from document_topics
    group by topic_id
    union all
    select 'topic_provider_months', 'article_count', topic_id, provider_id, null, sum(month_article_count), 0
    from topic_provider_months
    group by topic_id, provider_id
    union all
    select
        'topic_provider_months', 'article_count', document_topics.topic_id, articles.provider_id, null, 0,
        count(distinct article_id)
    from document_topics
    join documents using (document_id)
    join articles on documents.lead_article_id = articles.article_id
    group by document_topics.topic_id, articles.provider_id
    union all
    select 'lag_months', 'lag_count of all months', unit_id, null, null, sum(lag_count), 0
    from lag_months
    where counted_by = 'provider' and month_start is null
    group by unit_id
    union all
    select 'lag_months', 'lag_count of all months', provider_id, null, null, 0, count(*)
    from publication_lag
    group by provider_id
    union all
    select 'lag_months', 'lag_count by month', unit_id, null, month_start, sum(lag_count), 0
    from lag_months
    where counted_by = 'publisher' and month_start is not null
    group by unit_id, month_start
    union all
    select
        'lag_months', 'lag_count by month', publisher_id, null, cast(date_trunc('month', lead_published_at) as date), 0,
        count(*)
    from publication_lag
    group by publisher_id, date_trunc('month', lead_published_at)
    union all
    select 'lag_months', 'median_lag_minutes', null, null, null, sum(median_lag_minutes), 0
    from lag_months
    where scope = 'stories' and counted_by = 'all' and month_start is null
    union all
    select 'lag_months', 'median_lag_minutes', null, null, null, 0, quantile_cont(lag_minutes, 0.5)
    from publication_lag
    union all
    select 'search_statistics', 'article_count', null, null, null, article_count, 0
    from search_statistics
    union all
    select 'search_statistics', 'article_count', null, null, null, 0, count(*)
    from articles
),

compared as (
    select
        mart_name, quantity, first_key, second_key, day,
        sum(mart_number) as mart_number,
        sum(table_number) as table_number
    from counted
    group by mart_name, quantity, first_key, second_key, day
)

select mart_name, quantity, first_key, second_key, day, mart_number, table_number
from compared
where mart_number is distinct from table_number
