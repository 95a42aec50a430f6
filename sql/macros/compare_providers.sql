/*
chapter: Who covers how much
question: How do two providers compare?
definition: each number as defined by the view of its name
grain: one row per metric
edge_cases: null where a provider has no such number
example: from compare_providers('cnet.com', 'www.TechCrunch.com')
signature: a, b
parameters:
  a: a domain
  b: another domain
columns:
  metric: what is compared
  value_a: number of the first provider
  value_b: number of the second provider
  definition: what the number says
*/
with
asked as (
    select provider_named(a) as provider_a, provider_named(b) as provider_b
),

numbers as (
    select provider_id, 'articles' as metric, cast(article_count as double) as number,
        'distinct articles' as definition, 1 as place
    from share_of_voice
    union all
    select provider_id, 'share of voice', share, 'articles / all articles', 2 from share_of_voice union all
    select provider_id, 'stories', story_count, 'stories with an article of the provider', 3 from story_reach
    union all
    select provider_id, 'reach', reach, 'stories / all stories', 4 from story_reach union all
    select provider_id, 'exclusive rate', exclusive_rate, 'stories with no other provider / stories', 5
    from exclusives
    union all
    select provider_id, 'first-mover rate', first_rate, 'credit for being first / stories of two or more providers',
        6
    from first_mover
    union all
    select provider_id, 'median minutes behind first', median_behind_minutes,
        'entry minus the first entry of the story', 7
    from behind_first
    union all
    select provider_id, 'median lag minutes', median_lag_minutes, 'article minus the lead of the story', 8
    from publication_lag_by_provider
    union all
    select provider_id, 'lead rate', lead_rate, 'stories it leads / stories of two or more articles', 9
    from lead_rate
    union all
    select provider_id, 'median quality', median_quality, 'of its articles that have a quality', 10
    from quality_by_provider
    union all
    select provider_id, 'AMP rate', amp_rate, 'articles with an AMP address / articles of type article', 11
    from amp_adoption
),

entries as (
    select story_id, unit_id as provider_id, entered_at
    from story_entries_for(null, null, null, null, null, 'provider')
    where unit_id in (select unnest([asked.provider_a, asked.provider_b]) from asked)
),

common as (
    select
        count(*) as story_count,
        count(*) filter (where entry_a.entered_at < entry_b.entered_at) as a_first_count,
        count(*) filter (where entry_b.entered_at < entry_a.entered_at) as b_first_count,
        count(*) filter (where entry_a.entered_at = entry_b.entered_at) as tie_count,
        quantile_cont((epoch_us(entry_b.entered_at) - epoch_us(entry_a.entered_at)) / 60e6, 0.5) as median_lead_minutes
    from asked
    join entries as entry_a on entry_a.provider_id = asked.provider_a
    join entries as entry_b on entry_b.provider_id = asked.provider_b and entry_a.story_id = entry_b.story_id
),

compared as (
    select
        metric,
        max(number) filter (where provider_id = asked.provider_a) as value_a,
        max(number) filter (where provider_id = asked.provider_b) as value_b,
        definition, place
    from numbers
    cross join asked
    group by metric, definition, place
    union all
    select 'common stories', story_count, story_count, 'stories in which both have a time', 12 from common union all
    select 'first of the two', a_first_count, b_first_count, 'common stories it entered before the other', 13
    from common
    union all
    select 'ties', tie_count, tie_count, 'common stories entered at the same instant', 14 from common union all
    select
        'median lead minutes', median_lead_minutes, -median_lead_minutes, 'minutes by which it enters before the other',
        15
    from common
)

select metric, value_a, value_b, definition
from compared
order by place
