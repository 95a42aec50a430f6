/*
chapter: When it appears
question: How many articles appear per period, and which share of all coverage is that?
definition: >
  distinct articles of the selection by the period of their first publication, and the same of all coverage (of the
  source, if one is given); periods without articles show 0
grain: one row per hour, day, week (from Monday), month, quarter or year between the first and the last of the selection
denominator: all articles of the period
edge_cases: >
  Articles without a usable day are left out, per hour those of which only the day is known; the range is that of the
  selection, or from_date to to_date, days of the time zone. The hour that a clock repeats in autumn
  is one period of two hours, the one that it leaves out in spring shows 0. share is null where nothing appeared.
example: from coverage_over_time('month', query := 'facial recognition')
signature: >
  grain, provider = null, source = null, topic = null, query = null, from_date = null, to_date = null, time_zone =
  'UTC', publisher = null
columns:
  period_start: first instant of the period in the time zone, a date unless the grain is `hour`
  article_count: distinct articles of the selection first published in the period
  total_article_count: all distinct articles first published in the period
*/
with
articles_of_period as (
    select
        period_started(published_at, published_date, grain, time_zone) as started_at,
        count(*) as article_count
    from articles_for(
        source, topic, query, from_date, to_date,
        provider := provider, publisher := publisher, time_zone := time_zone
    )
    group by started_at
    having started_at is not null
),

all_of_period as (
    select
        period_started(published_at, published_date, grain, time_zone) as started_at,
        count(*) as article_count
    from articles_for(source, null, null, from_date, to_date, time_zone := time_zone)
    group by started_at
    having started_at is not null
),

bounds as (
    select
        coalesce(period_started(cast(from_date as timestamp), null, grain, 'UTC'), min(started_at)) as first_start,
        coalesce(
            period_started(cast(to_date as timestamp) + interval 86399 second, null, grain, 'UTC'),
            max(started_at)
        ) as last_start
    from articles_of_period
),

periods as (
    select
        unnest(
            generate_series(cast(first_start as timestamp), cast(last_start as timestamp), grain_step(grain))
        ) as started_at
    from bounds
)

select
    period_named(periods.started_at, grain) as period_start,
    coalesce(articles_of_period.article_count, 0) as article_count,
    coalesce(all_of_period.article_count, 0) as total_article_count,
    coalesce(articles_of_period.article_count, 0) / all_of_period.article_count as share,
    wilson(coalesce(articles_of_period.article_count, 0), all_of_period.article_count).low as share_low,
    wilson(coalesce(articles_of_period.article_count, 0), all_of_period.article_count).high as share_high
from periods
left join articles_of_period using (started_at)
left join all_of_period using (started_at)
order by periods.started_at
