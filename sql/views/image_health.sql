/*
chapter: How good it is
question: Whose articles lack a picture, or share a placeholder?
definition: >
  Articles without an image, and articles with a placeholder: an image address that stands on three distinct articles or more.
grain: one row per provider with an article
denominator: distinct articles of the provider
edge_cases: the images are those of the article's earliest occurrence
example: select provider_name, article_count, without_image_count, placeholder_count from image_health limit 10
columns:
  provider_domain: host domain; null for (unknown)
  provider_name: most frequent name of the provider
  article_count: distinct articles of the provider
  without_image_count: articles without an image
  placeholder_count: articles with a placeholder
  without_image_rate: without_image_count / article_count
  without_image_rate_low: lower end of the 95 % Wilson interval
  without_image_rate_high: upper end of the 95 % Wilson interval
  provider_id: key of the provider
*/
with
placeholders as (
    select image_id from article_images group by image_id having count(distinct article_id) >= 3
),

with_placeholder as (
    select distinct article_images.article_id from article_images semi join placeholders using (image_id)
),

counted as (
    select
        articles.provider_id,
        count(*) as article_count,
        count(*) filter (where articles.image_count = 0) as without_image_count,
        count(with_placeholder.article_id) as placeholder_count
    from articles
    left join with_placeholder using (article_id)
    group by articles.provider_id
),

named as (
    select provider_id, domain, name from providers
)

select
    named.domain as provider_domain,
    named.name as provider_name,
    counted.article_count,
    counted.without_image_count,
    counted.placeholder_count,
    counted.without_image_count / counted.article_count as without_image_rate,
    wilson_low(counted.without_image_count, counted.article_count) as without_image_rate_low,
    wilson_high(counted.without_image_count, counted.article_count) as without_image_rate_high,
    counted.provider_id
from counted
join named using (provider_id)
order by counted.article_count desc, provider_domain
