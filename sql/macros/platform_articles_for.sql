/*
chapter: What is copied
question: Who wrote what a platform such as MSN, Yahoo or YouTube carries?
definition: >
  Articles on the platform by the publisher that their names tell. The original of such an article is the earliest
  article of the same publisher under the same normalized title on a host that is no platform; the delay is the time
  behind it.
grain: one row per platform and publisher with at least minimum_count articles
denominator: all articles on the platform
edge_cases: >
  what the platform itself writes has a row, too; most originals are not in the corpus, then only the article is counted
example: select provider_name, publisher_name, article_count, share from platform_articles_for(minimum_count := 1)
signature: source = null, topic = null, query = null, from_date = null, to_date = null, minimum_count = 5
columns:
  provider_domain: host domain of the platform
  provider_name: name of the platform
  article_count: articles of the publisher on the platform
  total_article_count: articles on the platform
  original_count: those whose original is in the corpus
  median_delay_minutes: half of these came sooner after their original
*/
with
chosen as (
    select articles.provider_id, articles.publisher_id, articles.normalized_title, articles.published_at
    from articles
    semi join articles_for(source, topic, query, from_date, to_date) as selected
        on articles.article_id = selected.article_id
    semi join providers on articles.provider_id = providers.provider_id and providers.kind = 'platform'
),

originals as (
    select articles.publisher_id, articles.normalized_title, min(articles.published_at) as published_at
    from articles
    join providers on articles.provider_id = providers.provider_id
    where providers.kind <> 'platform' and articles.normalized_title <> '' and articles.published_at is not null
    group by articles.publisher_id, articles.normalized_title
),

counted as (
    select
        chosen.provider_id, chosen.publisher_id,
        count(*) as article_count,
        count(originals.published_at) as original_count,
        quantile_cont((epoch_us(chosen.published_at) - epoch_us(originals.published_at)) / 60e6, 0.5)
            as median_delay_minutes,
        cast(sum(count(*)) over (partition by chosen.provider_id) as bigint) as total_article_count
    from chosen
    left join originals
        on chosen.publisher_id = originals.publisher_id and chosen.normalized_title = originals.normalized_title
    group by chosen.provider_id, chosen.publisher_id
)

select
    providers.domain as provider_domain,
    providers.name as provider_name,
    publishers.publisher_key,
    publishers.name as publisher_name,
    counted.article_count, counted.total_article_count,
    counted.article_count / counted.total_article_count as share,
    wilson(counted.article_count, counted.total_article_count).low as share_low,
    wilson(counted.article_count, counted.total_article_count).high as share_high,
    counted.original_count, counted.median_delay_minutes, counted.provider_id, counted.publisher_id
from counted
join providers on counted.provider_id = providers.provider_id
join publishers on counted.publisher_id = publishers.publisher_id
where counted.article_count >= minimum_count
order by counted.total_article_count desc, provider_domain, counted.article_count desc, publishers.publisher_key
