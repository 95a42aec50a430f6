/*
chapter: When it appears
question: In which weeks was there much more coverage than in the weeks before, and which was their largest story?
definition: >
  z = (articles of the week - mean) / deviation, over the window_weeks weeks before; the deviation is that of a
  population and at least 1. A burst has at least minimum_count articles and z >= minimum_z. Its story is the one with
  most articles among those whose lead appeared in the week.
grain: one row per burst, a week from Monday
denominator: the window_weeks weeks before, zero-filled
edge_cases: >
  a week needs the whole window before it within the range of the coverage; from_date and to_date choose among the
  bursts, the weeks before are compared with all the same
example: from bursts_for(query := 'recognition', minimum_z := 2)
signature: >
  provider = null, source = null, topic = null, query = null, from_date = null, to_date = null, minimum_count = 5,
  minimum_z = 3, window_weeks = 8, publisher = null
parameters:
  minimum_z: lowest z-score
  window_weeks: weeks before that are compared with
columns:
  week_start: Monday of the week, UTC
  article_count: distinct articles first published in the week
  baseline_mean: mean of the weeks before
  baseline_deviation: population standard deviation of the weeks before, at least 1
  z_score: (article_count - baseline_mean) / baseline_deviation
  title: headline of the largest story of the week; null = no lead appeared in it
  url: address of the lead of that story, as written
  story_id: key of that story
*/
with
weeks as (
    select period_start, article_count
    from coverage_over_time(
        'week', provider := provider, publisher := publisher, source := source, topic := topic, query := query
    )
),

numbered as (
    select period_start, article_count, row_number() over (order by period_start) as number from weeks
),

baselines as (
    select
        this_week.period_start, this_week.article_count,
        avg(before.article_count) as baseline_mean,
        -- From whole numbers: stddev_pop gives 1.5000000000000002 for 1.5, and a z of minimum_z would be missed.
        greatest(
            sqrt(count(*) * sum(before.article_count * before.article_count) - pow(sum(before.article_count), 2))
                / count(*),
            1.0
        ) as baseline_deviation
    from numbered as this_week
    join numbered as before on before.number between this_week.number - window_weeks and this_week.number - 1
    where this_week.number > window_weeks
    group by this_week.period_start, this_week.article_count
),

headlines as (
    select
        cast(date_trunc('week', stories.lead_published_date) as date) as period_start,
        arg_max(
            {'title': stories.title, 'url': articles.url, 'story_id': stories.story_id},
            [
                stories.article_count,
                stories.provider_count,
                coalesce(epoch_us(stories.lead_published_at), 0),
                -stories.story_id
            ]
        ) as story
    from stories
    semi join stories_for(source, topic, query, null, null) as chosen on stories.story_id = chosen.story_id
    join articles on stories.lead_article_id = articles.article_id
    where
        stories.lead_published_date is not null
        and (
            (provider is null and publisher is null)
            or stories.story_id in (select asked.story_id from stories_with(provider, publisher) as asked)
        )
    group by 1
)

select
    baselines.period_start as week_start,
    baselines.article_count, baselines.baseline_mean, baselines.baseline_deviation,
    (baselines.article_count - baselines.baseline_mean) / baselines.baseline_deviation as z_score,
    headlines.story.title as title,
    headlines.story.url as url,
    headlines.story.story_id as story_id
from baselines
left join headlines on baselines.period_start = headlines.period_start
where
    baselines.article_count >= minimum_count
    and (baselines.article_count - baselines.baseline_mean) / baselines.baseline_deviation >= minimum_z
    and (from_date is null or baselines.period_start >= date_trunc('week', cast(from_date as date)))
    and (to_date is null or baselines.period_start <= cast(to_date as date))
order by week_start
