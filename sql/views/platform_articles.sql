/*
chapter: What is copied
question: Who wrote what a platform such as MSN, Yahoo or YouTube carries?
grain: one row per platform and publisher
headline: true
example: select provider_name, publisher_name, article_count, share from platform_articles limit 10
*/
select
    provider_domain, provider_name, publisher_key, publisher_name, article_count, total_article_count, share, share_low,
    share_high, original_count, median_delay_minutes, provider_id, publisher_id
from platform_articles_for(minimum_count := 1)
