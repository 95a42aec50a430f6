/*
question: Do all shares of a whole sum to 1?
severity: error
remedy: a defect of the view; some units are missing or counted twice
*/
with
sums as (
    select 'share_of_voice' as view_name, 'all' as part, sum(share) as share_sum from share_of_voice union all
    select 'share_of_voice_by_publisher', 'all', sum(share) from share_of_voice_by_publisher union all
    select 'story_reach', 'fractional_share', sum(fractional_share) from story_reach union all
    select 'story_reach_by_publisher', 'fractional_share', sum(fractional_share) from story_reach_by_publisher union all
    select 'lead_share', state, sum(share) from lead_share group by state union all
    select 'topic_provider_share', topic, sum(share) from topic_provider_share group by topic union all
    select 'topic_share', 'all', sum(share) from topic_share
)

select view_name, part, share_sum
from sums
where abs(share_sum - 1) > 1e-9
