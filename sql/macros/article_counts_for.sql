/*
chapter: Building blocks
question: How many articles of a topic and a period does each provider and publisher have?
definition: the articles of articles_for, counted; without a topic and a period the mart provider_months has the answer
grain: one row per provider and publisher with an article
edge_cases: with a date, articles without a usable time are left out
example: select sum(article_count) from article_counts_for('AI', null, null)
signature: topic, from_date, to_date
*/
select
    provider_id,
    publisher_id,
    cast(sum(article_count) as bigint) as article_count,
    cast(sum(entry_count) as bigint) as entry_count
from provider_months
where topic is null and from_date is null and to_date is null
group by provider_id, publisher_id
union all
select
    provider_id,
    publisher_id,
    count(*),
    cast(sum(entry_count) as bigint)
from articles_for(topic, from_date, to_date)
where not (topic is null and from_date is null and to_date is null)
group by provider_id, publisher_id
