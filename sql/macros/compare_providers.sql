/*
chapter: Who covers how much
question: How do two providers compare, for a source, a topic, some words or a period?
definition: each number as defined by the view of its name, within the selection
grain: one row per metric
edge_cases: null where a provider has no such number
example: from compare_providers('cnet.com', 'www.TechCrunch.com')
signature: a, b, source = null, topic = null, query = null, from_date = null, to_date = null
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
sides as (
    select 'a' as side, provider_named(a) as provider_id
    union all
    select 'b', provider_named(b)
),

chosen_articles as (
    select provider_id, media_type, quality, has_amp from articles_for(source, topic, query, from_date, to_date)
),

own_articles as (
    select
        sides.side,
        count(chosen_articles.provider_id) as article_count,
        quantile_cont(chosen_articles.quality, 0.5) as median_quality,
        count(*) filter (where chosen_articles.media_type = 'article') as text_count,
        count(*) filter (where chosen_articles.media_type = 'article' and chosen_articles.has_amp) as amp_count
    from sides
    left join chosen_articles using (provider_id)
    group by sides.side
),

chosen_stories as (
    select story_id from stories_for(source, topic, query, from_date, to_date)
),

members as (
    select story_articles.story_id, story_articles.provider_id, min(story_articles.published_at) as entered_at
    from story_articles
    semi join chosen_stories using (story_id)
    group by story_articles.story_id, story_articles.provider_id
),

placed as (
    select
        story_id, provider_id, entered_at,
        count(*) over story as provider_count,
        count(entered_at) over story as timed_count,
        (epoch_us(entered_at) - min(epoch_us(entered_at)) over story) / 60e6 as behind_minutes,
        count(*) over (partition by story_id, entered_at) as simultaneous_count
    from members
    window story as (partition by story_id)
),

entries as (
    select
        sides.side, placed.story_id, placed.entered_at, placed.provider_count, placed.timed_count,
        placed.behind_minutes, placed.simultaneous_count, stories.article_count,
        placed.provider_id = stories.lead_provider_id as is_lead
    from sides
    join placed using (provider_id)
    join stories using (story_id)
),

own_stories as (
    select
        sides.side,
        count(entries.story_id) as story_count,
        count(*) filter (where entries.provider_count = 1) as exclusive_count,
        count(entries.entered_at) filter (where entries.timed_count >= 2) as rival_count,
        coalesce(
            sum(1 / entries.simultaneous_count order by entries.simultaneous_count)
            filter (where entries.timed_count >= 2 and entries.behind_minutes = 0),
            0
        ) as first_credit,
        quantile_cont(entries.behind_minutes, 0.5) filter (where entries.timed_count >= 2) as median_behind_minutes,
        count(*) filter (where entries.article_count >= 2) as shared_count,
        count(*) filter (where entries.article_count >= 2 and entries.is_lead) as lead_count
    from sides
    left join entries using (side)
    group by sides.side
),

own_lags as (
    select sides.side, quantile_cont(lags.lag_minutes, 0.5) as median_lag_minutes
    from sides
    join publication_lag as lags using (provider_id)
    semi join chosen_stories on lags.story_id = chosen_stories.story_id
    group by sides.side
),

numbers as (
    select
        own_articles.side, own_articles.article_count,
        own_articles.article_count / (select nullif(count(*), 0) from chosen_articles) as share,
        own_stories.story_count,
        own_stories.story_count / (select nullif(count(*), 0) from chosen_stories) as reach,
        own_stories.exclusive_count / nullif(own_stories.story_count, 0) as exclusive_rate,
        own_stories.first_credit / nullif(own_stories.rival_count, 0) as first_rate,
        own_stories.median_behind_minutes, own_lags.median_lag_minutes,
        own_stories.lead_count / nullif(own_stories.shared_count, 0) as lead_rate,
        own_articles.median_quality,
        own_articles.amp_count / nullif(own_articles.text_count, 0) as amp_rate
    from own_articles
    join own_stories using (side)
    left join own_lags using (side)
),

common as (
    select
        count(*) as story_count,
        count(*) filter (where entry_a.entered_at < entry_b.entered_at) as a_first_count,
        count(*) filter (where entry_b.entered_at < entry_a.entered_at) as b_first_count,
        count(*) filter (where entry_a.entered_at = entry_b.entered_at) as tie_count,
        quantile_cont((epoch_us(entry_b.entered_at) - epoch_us(entry_a.entered_at)) / 60e6, 0.5) as median_lead_minutes
    from entries as entry_a
    join entries as entry_b on entry_a.story_id = entry_b.story_id
    where
        entry_a.side = 'a' and entry_b.side = 'b' and entry_a.entered_at is not null and entry_b.entered_at is not null
),

compared as (
    select unnest([
        {
            'metric': 'articles', 'value_a': cast(own.article_count as double),
            'value_b': cast(other.article_count as double), 'definition': 'distinct articles'
        },
        {'metric': 'share of voice', 'value_a': own.share, 'value_b': other.share,
         'definition': 'articles / all articles'},
        {'metric': 'stories', 'value_a': own.story_count, 'value_b': other.story_count,
         'definition': 'stories with an article of the provider'},
        {'metric': 'reach', 'value_a': own.reach, 'value_b': other.reach, 'definition': 'stories / all stories'},
        {'metric': 'exclusive rate', 'value_a': own.exclusive_rate, 'value_b': other.exclusive_rate,
         'definition': 'stories with no other provider / stories'},
        {'metric': 'first-mover rate', 'value_a': own.first_rate, 'value_b': other.first_rate,
         'definition': 'credit for being first / stories of two or more providers'},
        {
            'metric': 'median minutes behind first', 'value_a': own.median_behind_minutes,
            'value_b': other.median_behind_minutes, 'definition': 'entry minus the first entry of the story'
        },
        {'metric': 'median lag minutes', 'value_a': own.median_lag_minutes, 'value_b': other.median_lag_minutes,
         'definition': 'article minus the lead of the story'},
        {'metric': 'lead rate', 'value_a': own.lead_rate, 'value_b': other.lead_rate,
         'definition': 'stories it leads / stories of two or more articles'},
        {'metric': 'median quality', 'value_a': own.median_quality, 'value_b': other.median_quality,
         'definition': 'of its articles that have a quality'},
        {'metric': 'AMP rate', 'value_a': own.amp_rate, 'value_b': other.amp_rate,
         'definition': 'articles with an AMP address / articles of type article'},
        {'metric': 'common stories', 'value_a': common.story_count, 'value_b': common.story_count,
         'definition': 'stories in which both have a time'},
        {'metric': 'first of the two', 'value_a': common.a_first_count, 'value_b': common.b_first_count,
         'definition': 'common stories it entered before the other'},
        {'metric': 'ties', 'value_a': common.tie_count, 'value_b': common.tie_count,
         'definition': 'common stories entered at the same instant'},
        {
            'metric': 'median lead minutes', 'value_a': common.median_lead_minutes,
            'value_b': -common.median_lead_minutes, 'definition': 'minutes by which it enters before the other'
        }
    ]) as line
    from numbers as own
    join numbers as other on own.side = 'a' and other.side = 'b'
    cross join common
)

select
    line.metric as metric,
    line.value_a as value_a,
    line.value_b as value_b,
    line.definition as definition
from compared
