/*
chapter: When it appears
question: How many articles appear per day, week or month?
definition: distinct articles by the period of their first publication, UTC; periods without articles show 0
grain: one row per day, week (from Monday) or month between the first and the last of the selection
edge_cases: articles without a usable time are left out; the range is that of the selection, or from_date and to_date
example: from coverage_over_time('month', topic := 'AI')
signature: grain, provider = null, topic = null, from_date = null, to_date = null
parameters:
  grain: "'day', 'week' or 'month'"
columns:
  article_count: distinct articles first published in the period
*/
with
checked as (
    select
        case
            when grain in ('day', 'week', 'month') then grain
            else error('the grain is ''day'', ''week'' or ''month''')
        end as period
),

articles_of_period as (
    select
        cast(date_trunc((select period from checked), published_at) as date) as period_start,
        count(*) as article_count
    from articles_for(topic, from_date, to_date, provider := provider)
    where published_at is not null
    group by 1
),

bounds as (
    select
        coalesce(
            cast(date_trunc((select period from checked), cast(from_date as date)) as date), min(period_start)
        ) as first_start,
        coalesce(
            cast(date_trunc((select period from checked), cast(to_date as date)) as date), max(period_start)
        ) as last_start
    from articles_of_period
),

periods as (
    select
        cast(
            unnest(
                generate_series(
                    cast(first_start as timestamp),
                    cast(last_start as timestamp),
                    case (select period from checked)
                        when 'day' then interval 1 day
                        when 'week' then interval 7 day
                        else interval 1 month
                    end
                )
            ) as date
        ) as period_start
    from bounds
)

select
    periods.period_start,
    coalesce(articles_of_period.article_count, 0) as article_count
from periods
left join articles_of_period using (period_start)
order by periods.period_start
