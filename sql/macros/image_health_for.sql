/*
chapter: How good it is
question: Whose articles lack a picture, or share a placeholder, by host or by publisher, for a topic or period?
definition: >
  Articles without an image, and articles with a placeholder: an image address that stands on
  minimum_placeholder_count distinct articles or more, of whatever topic and period.
grain: one row per provider or publisher with at least minimum_count articles
denominator: distinct articles of the unit
edge_cases: the images are those of the article's earliest occurrence
example: select publisher_name, without_image_rate from image_health_for(counted_by := 'publisher', minimum_count := 1)
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider',
  minimum_count = 5, minimum_placeholder_count = 3
parameters:
  minimum_placeholder_count: fewest articles that show the same image
columns:
  without_image_count: articles without an image
  placeholder_count: articles with a placeholder
  without_image_rate: without_image_count / article_count
*/
with
-- DuckDB 2 does not bind a macro's parameter in HAVING.
sized as (
    select image_id, count(distinct article_id) as article_count from article_images group by image_id
),

with_placeholder as (
    select distinct article_images.article_id
    from article_images
    join sized using (image_id)
    where sized.article_count >= minimum_placeholder_count
),

counted as (
    select
        if(counted_by = 'publisher', chosen.publisher_id, chosen.provider_id) as unit_id,
        count(*) as article_count,
        count(*) filter (where chosen.image_count = 0) as without_image_count,
        count(with_placeholder.article_id) as placeholder_count
    from articles_for(source, topic, query, from_date, to_date) as chosen
    left join with_placeholder using (article_id)
    group by 1
)

select
    units.provider_domain, units.provider_name, units.publisher_key, units.publisher_name, counted.article_count,
    counted.without_image_count, counted.placeholder_count,
    counted.without_image_count / counted.article_count as without_image_rate,
    wilson(counted.without_image_count, counted.article_count).low as without_image_rate_low,
    wilson(counted.without_image_count, counted.article_count).high as without_image_rate_high,
    units.provider_id, units.publisher_id
from counted
join coverage_units(counted_by) as units using (unit_id)
where counted.article_count >= minimum_count
order by counted.article_count desc, units.provider_domain, units.publisher_key
