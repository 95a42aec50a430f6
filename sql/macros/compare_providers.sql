/*
chapter: Who covers how much
question: How do two providers compare?
definition: each number as defined by the view of its name
grain: one row per metric
edge_cases: null where a provider has no such number; an unknown domain gives nulls
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
    select domain_named(a) as domain_a, domain_named(b) as domain_b
),

numbers as (
    select provider_domain, 'articles' as metric, cast(article_count as double) as number,
        'distinct articles' as definition, 1 as place
    from share_of_voice
    union all
    select provider_domain, 'share of voice', share, 'articles / all articles', 2 from share_of_voice union all
    select provider_domain, 'stories', story_count, 'stories with an article of the provider', 3 from story_reach
    union all
    select provider_domain, 'reach', reach, 'stories / all stories', 4 from story_reach union all
    select provider_domain, 'exclusive rate', exclusive_rate, 'stories with no other provider / stories', 5
    from exclusives
    union all
    select provider_domain, 'first-mover rate', first_rate, 'credit for being first / stories of two or more providers',
        6
    from first_mover
    union all
    select provider_domain, 'median minutes behind first', median_behind_minutes,
        'entry minus the first entry of the story', 7
    from behind_first
    union all
    select provider_domain, 'median lag minutes', median_lag_minutes, 'article minus the lead of the story', 8
    from publication_lag_by_provider
    union all
    select provider_domain, 'lead rate', lead_rate, 'stories it leads / stories of two or more articles', 9
    from lead_rate
    union all
    select provider_domain, 'median quality', median_quality, 'of its articles that have a quality', 10
    from quality_by_provider
    union all
    select provider_domain, 'AMP rate', amp_rate, 'articles with an AMP address / articles of type article', 11
    from amp_adoption
),

entries as (
    select entered.story_id, providers.domain, entered.entered_at
    from story_entries_for('provider', null, null, null) as entered
    join providers on entered.unit_id = providers.provider_id
    where providers.domain in (select unnest([asked.domain_a, asked.domain_b]) from asked)
),

common as (
    select
        count(*) as story_count,
        count(*) filter (where entry_a.entered_at < entry_b.entered_at) as a_first_count,
        count(*) filter (where entry_b.entered_at < entry_a.entered_at) as b_first_count,
        count(*) filter (where entry_a.entered_at = entry_b.entered_at) as tie_count,
        quantile_cont((epoch_us(entry_b.entered_at) - epoch_us(entry_a.entered_at)) / 60e6, 0.5) as median_lead_minutes
    from asked
    join entries as entry_a on entry_a.domain = asked.domain_a
    join entries as entry_b on entry_b.domain = asked.domain_b and entry_a.story_id = entry_b.story_id
),

compared as (
    select
        metric,
        max(number) filter (where provider_domain = asked.domain_a) as value_a,
        max(number) filter (where provider_domain = asked.domain_b) as value_b,
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
