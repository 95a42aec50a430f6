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
select
    provider_domain,
    provider_name,
    article_count,
    without_image_count,
    placeholder_count,
    without_image_rate,
    without_image_rate_low,
    without_image_rate_high,
    provider_id
from image_health_for('provider', minimum_count := 1)
