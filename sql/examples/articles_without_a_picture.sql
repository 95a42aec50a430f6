/*
question: Which providers have articles without a picture?
answer:
  - [Bloomberg, 1]
  - [Hindustan Times, 1]
  - [Times LIVE, 1]
*/
select provider_name, without_image_count
from image_health
where without_image_count > 0
order by provider_name
