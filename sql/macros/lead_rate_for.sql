/*
chapter: Who covers how much
question: How often does each provider lead the stories it takes part in, for a topic or period?
definition: stories led by the provider / stories of two or more articles that the provider has an article in
grain: one row per provider with at least minimum_count stories
denominator: stories of two or more articles that the provider takes part in
edge_cases: who leads is upstream's choice, not who was first; see first_mover
example: from lead_rate_for(minimum_count := 3)
signature: source = null, topic = null, query = null, from_date = null, to_date = null, minimum_count = 5
columns:
  story_count: stories of two or more articles with an article of the provider
  lead_count: stories among them that it leads
  lead_rate: lead_count / story_count
*/
with
chosen as (
    select stories.story_id, stories.lead_provider_id
    from stories
    semi join stories_for(source, topic, query, from_date, to_date) as selected using (story_id)
    where stories.article_count >= 2
),

members as (
    select distinct story_id, provider_id from story_articles
),

counted as (
    select
        members.provider_id,
        count(*) as story_count,
        count(*) filter (where members.provider_id = chosen.lead_provider_id) as lead_count
    from chosen
    join members using (story_id)
    group by members.provider_id
)

select
    providers.domain as provider_domain, providers.name as provider_name, counted.story_count, counted.lead_count,
    counted.lead_count / counted.story_count as lead_rate,
    wilson(counted.lead_count, counted.story_count).low as lead_rate_low,
    wilson(counted.lead_count, counted.story_count).high as lead_rate_high,
    counted.provider_id
from counted
join providers using (provider_id)
where counted.story_count >= minimum_count
order by counted.story_count desc, provider_domain
