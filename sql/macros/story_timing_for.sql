/*
chapter: Stories and articles
question: How fast do the stories of a topic or period spread, and how long do they live?
definition: >
  Over the articles of the story that have a time: lifespan = last minus first; t50 and t90 = time of the ceil(0.5
  n)-th and ceil(0.9 n)-th article minus the first; lead gap = the lead minus the first.
grain: one row per story with at least minimum_count articles
edge_cases: null where no article of the story has a time; the counts are of all its articles
example: select article_count, t50_minutes from story_timing_for(minimum_count := 10)
signature: source = null, topic = null, query = null, from_date = null, to_date = null, minimum_count = 2
columns:
  t50_minutes: minutes until half of the articles were out
  t90_minutes: minutes until nine tenths of the articles were out
  lead_gap_minutes: minutes from the first article to the lead
*/
with
chosen as (
    select
        stories.story_id, stories.source_name, stories.title, stories.lead_article_id,
        stories.article_count, stories.provider_count, stories.lead_published_at,
        stories.first_published_at
    from stories
    semi join stories_for(source, topic, query, from_date, to_date) as selected using (story_id)
    where stories.article_count >= minimum_count
),

ordered as (
    select
        story_id,
        epoch_us(published_at) as instant,
        row_number() over (partition by story_id order by published_at) as place,
        count(*) over (partition by story_id) as timed_count
    from story_articles
    semi join chosen using (story_id)
    where published_at is not null
),

timed as (
    select
        story_id,
        min(instant) as first_instant,
        max(instant) as last_instant,
        min(instant) filter (where place = ceil(0.5 * timed_count)) as half_instant,
        min(instant) filter (where place = ceil(0.9 * timed_count)) as nine_tenths_instant
    from ordered
    group by story_id
)

select
    chosen.title, articles.url, chosen.article_count, chosen.provider_count,
    (timed.last_instant - timed.first_instant) / 60e6 as lifespan_minutes,
    (timed.half_instant - timed.first_instant) / 60e6 as t50_minutes,
    (timed.nine_tenths_instant - timed.first_instant) / 60e6 as t90_minutes,
    (epoch_us(chosen.lead_published_at) - timed.first_instant) / 60e6 as lead_gap_minutes,
    chosen.first_published_at, chosen.source_name, chosen.story_id
from chosen
left join timed using (story_id)
left join articles on chosen.lead_article_id = articles.article_id
