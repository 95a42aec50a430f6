/*
chapter: Who covers what, alone or together
question: Which providers cover the same stories?
definition: Jaccard index of their story sets, stories of both / stories of either (Jaccard 1901)
grain: one row per pair of providers with a common story, each with at least minimum_count stories; a before b by domain
denominator: stories of either provider
edge_cases: entries without a provider domain are left out
example: from co_coverage_for(minimum_count := 3) limit 10
signature: source = null, topic = null, query = null, from_date = null, to_date = null, minimum_count = 10
columns:
  both_story_count: stories of both
  either_story_count: stories of either
  jaccard: both_story_count / either_story_count
  story_count_a: stories of a
  story_count_b: stories of b
*/
with
members as (
    select distinct story_articles.story_id, providers.domain
    from story_articles
    semi join stories_for(source, topic, query, from_date, to_date) as selected using (story_id)
    join providers using (provider_id)
    where providers.domain is not null
),

sized as (
    select domain, count(*) as story_count from members group by domain having count(*) >= minimum_count
),

-- Before they are paired: one story of thousands of providers would make millions of pairs.
chosen as (
    select story_id, domain from members semi join sized using (domain)
),

common as (
    select
        a.domain as provider_domain_a, b.domain as provider_domain_b,
        count(*) as both_story_count
    from chosen as a
    join chosen as b on a.story_id = b.story_id and a.domain < b.domain
    group by a.domain, b.domain
)

select
    common.provider_domain_a, common.provider_domain_b, common.both_story_count,
    sized_a.story_count + sized_b.story_count - common.both_story_count as either_story_count,
    common.both_story_count / (sized_a.story_count + sized_b.story_count - common.both_story_count) as jaccard,
    sized_a.story_count as story_count_a, sized_b.story_count as story_count_b
from common
join sized as sized_a on common.provider_domain_a = sized_a.domain
join sized as sized_b on common.provider_domain_b = sized_b.domain
order by jaccard desc, both_story_count desc, common.provider_domain_a, common.provider_domain_b
