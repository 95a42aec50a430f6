/*
chapter: How good it is
question: Whose articles lack a picture, or share a placeholder?
definition: >
  Articles without an image, and articles with a placeholder: an image address that stands on three distinct articles
  or more.
grain: one row per provider with an article
denominator: distinct articles of the provider
headline: true
example: select provider_name, article_count, without_image_count, placeholder_count from image_health limit 10
*/
select
    provider_domain, provider_name, article_count, without_image_count, placeholder_count, without_image_rate,
    without_image_rate_low, without_image_rate_high, provider_id
from image_health_for(counted_by := 'provider', minimum_count := 1)
