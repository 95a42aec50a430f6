/*
chapter: When it appears
question: How did the shares of the largest providers or publishers change over time?
definition: >
  articles of the unit / articles of the period. The units are those with most articles in the whole selection; all
  others are one row, `others`. The rank is that of the period, among all units.
grain: one row per period and unit, and one for all others
denominator: distinct articles of the selection first published in the period
edge_cases: >
  Articles without a usable day are left out, per hour those of which only the day is known. Every unit has a row in
  every period between the first and the last; share is null in a period without articles, rank without an article of
  the unit, and always for `others`. rank_change is null unless the unit has a rank in the period before as well.
example: select period_start, unit, share, rank, rank_change from share_over_time(grain := 'month', top := 5)
signature: >
  grain = 'month', source = null, topic = null, query = null, from_date = null, to_date = null, counted_by = 'provider',
  top = 10, time_zone = 'UTC'
parameters:
  top: how many units have rows of their own; null = all
columns:
  period_start: first instant of the period in the time zone, a date unless the grain is `hour`
  unit: host domain or publisher_key; `others` for all beyond the largest
  article_count: distinct articles of the unit first published in the period
  total_article_count: distinct articles of the selection first published in the period
  rank: 1 = most articles in the period
  rank_change: places won since the period before; negative = lost
*/
with
counted as (
    select
        period_started(published_at, published_date, grain, time_zone) as started_at,
        if(counted_by = 'publisher', publisher_id, provider_id) as unit_id,
        count(*) as article_count
    from articles_for(source, topic, query, from_date, to_date, time_zone := time_zone)
    group by started_at, unit_id
    having started_at is not null
),

named as (
    select
        unit_id,
        coalesce(provider_domain, publisher_key, '(unknown)') as unit
    from coverage_units(counted_by)
),

largest as (
    select named.unit_id, named.unit
    from counted
    join named on counted.unit_id = named.unit_id
    group by named.unit_id, named.unit
    order by sum(counted.article_count) desc, named.unit
    limit top
),

periods as (
    select
        unnest(
            generate_series(cast(min(started_at) as timestamp), cast(max(started_at) as timestamp), grain_step(grain))
        ) as started_at
    from counted
),

totals as (
    select started_at, cast(sum(article_count) as bigint) as article_count from counted group by started_at
),

ranked as (
    select
        started_at, unit_id, article_count,
        rank() over (partition by started_at order by article_count desc) as rank
    from counted
),

-- A row for each unit in each period, so that what stands before a row is the period before.
filled as (
    select
        periods.started_at, largest.unit_id, largest.unit,
        coalesce(ranked.article_count, 0) as article_count,
        ranked.rank
    from periods
    cross join largest
    left join ranked on periods.started_at = ranked.started_at and largest.unit_id = ranked.unit_id
),

others as (
    select
        periods.started_at,
        cast(coalesce(sum(counted.article_count), 0) as bigint) as article_count
    from periods
    left join counted
        on periods.started_at = counted.started_at
        and counted.unit_id not in (select largest.unit_id from largest)
    group by periods.started_at
),

compared as (
    select
        started_at, unit, article_count, rank,
        lag(rank) over (partition by unit_id order by started_at) - rank as rank_change
    from filled
    union all
    select started_at, 'others', article_count, null, null
    from others
    where exists (select 1 from counted where counted.unit_id not in (select largest.unit_id from largest))
)

select
    period_named(compared.started_at, grain) as period_start,
    compared.unit, compared.article_count,
    coalesce(totals.article_count, 0) as total_article_count,
    compared.article_count / totals.article_count as share,
    wilson(compared.article_count, totals.article_count).low as share_low,
    wilson(compared.article_count, totals.article_count).high as share_high,
    compared.rank, compared.rank_change
from compared
left join totals on compared.started_at = totals.started_at
order by compared.started_at, compared.unit = 'others', compared.article_count desc, compared.unit
