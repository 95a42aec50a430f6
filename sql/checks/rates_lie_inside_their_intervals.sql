/*
question: Does every rate lie between 0 and 1 and inside its interval?
severity: error
remedy: a defect of the view or of wilson
*/
with
rates as (
    select 'share_of_voice' as view_name, share as rate, share_low as low, share_high as high from share_of_voice
    union all
    select 'story_reach', reach, reach_low, reach_high from story_reach union all
    select 'story_reach', source_reach, source_reach_low, source_reach_high from story_reach union all
    select 'lead_share', share, share_low, share_high from lead_share union all
    select 'first_mover', first_rate, first_rate_low, first_rate_high from first_mover union all
    select 'lead_rate', lead_rate, lead_rate_low, lead_rate_high from lead_rate union all
    select 'publication_lag_by_provider', ahead_share, ahead_share_low, ahead_share_high
    from publication_lag_by_provider
    union all
    select 'exclusives', exclusive_rate, exclusive_rate_low, exclusive_rate_high from exclusives union all
    select 'topic_provider_share', share, share_low, share_high from topic_provider_share union all
    select 'amp_adoption', amp_rate, amp_rate_low, amp_rate_high from amp_adoption union all
    select 'share_of_voice_by_publisher', share, share_low, share_high from share_of_voice_by_publisher union all
    select 'story_reach_by_publisher', reach, reach_low, reach_high from story_reach_by_publisher union all
    select 'story_reach_by_publisher', source_reach, source_reach_low, source_reach_high
    from story_reach_by_publisher
    union all
    select 'first_mover_by_publisher', first_rate, first_rate_low, first_rate_high from first_mover_by_publisher
    union all
    select 'publication_lag_by_publisher', ahead_share, ahead_share_low, ahead_share_high
    from publication_lag_by_publisher
    union all
    select 'publication_lag_summary', ahead_share, ahead_share_low, ahead_share_high from publication_lag_summary
    union all
    select 'quality_against_lag', ahead_share, ahead_share_low, ahead_share_high from quality_against_lag union all
    select 'exclusives_by_publisher', exclusive_rate, exclusive_rate_low, exclusive_rate_high
    from exclusives_by_publisher
    union all
    select 'coverage_gap', reach, reach_low, reach_high from coverage_gap union all
    select 'image_health', without_image_rate, without_image_rate_low, without_image_rate_high from image_health
    union all
    select 'coverage_gap', overall_reach, overall_reach_low, overall_reach_high from coverage_gap union all
    select 'story_reach', fractional_share, fractional_share_low, fractional_share_high from story_reach union all
    select 'story_reach_by_publisher', fractional_share, fractional_share_low, fractional_share_high
    from story_reach_by_publisher
    union all
    select 'topic_share', share, share_low, share_high from topic_share union all
    select 'lead_share_by_publisher', share, share_low, share_high from lead_share_by_publisher union all
    select 'platform_articles', share, share_low, share_high from platform_articles union all
    -- The pairs of the 200 providers with most stories: a document of ten thousand providers makes 50 million.
    select 'lead_lag', a_first_probability, a_first_probability_low, a_first_probability_high
    from lead_lag_for(
        minimum_count := (
            select coalesce(min(story_count), 0) + 1
            from (
                select count(distinct story_id) as story_count
                from story_articles
                group by provider_id
                order by story_count desc limit 1 offset 200
            )
        )
    )
)

select view_name, rate, low, high
from rates
where
    rate is not null
    and not (rate between -1e-12 and 1 + 1e-12 and rate between low - 1e-12 and high + 1e-12)
