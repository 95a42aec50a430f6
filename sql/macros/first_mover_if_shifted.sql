/*
chapter: How far to trust it
question: Who would be first if some providers' clocks were off by some hours?
definition: >
  first_mover recomputed with the entries of the named providers moved by so many hours. To test a clock that writes
  US Pacific time as UTC, shift by 7 or 8.
grain: one row per provider in a story of two or more providers
denominator: stories with two or more providers in which the provider has a time
edge_cases: the shift applies to every entry of the providers, whatever its date
example: from first_mover_if_shifted('cnet.com, techcrunch.com', 8) limit 5
signature: >
  domains, hours, source = null, topic = null, query = null, from_date = null, to_date = null
parameters:
  domains: domains, separated by commas
  hours: added to their times
columns:
  story_count: stories with two or more providers that the provider takes part in
  first_credit: credit for being first, as written
  shifted_first_credit: credit for being first with the shifted clocks
  shifted_first_rate: shifted_first_credit / story_count
*/
with
asked as (
    select list(provider_named(typed.domain)) as provider_ids
    from (select unnest(string_split(cast(domains as varchar), ',')) as domain) as typed
),

entries as (
    select
        entered.story_id, entered.unit_id as provider_id, entered.entered_at, entered.entered_at
        + case
            when list_contains((select provider_ids from asked), entered.unit_id)
                then to_microseconds(cast(round(hours * 3600e6) as bigint))
            else interval 0 second
        end as shifted_at
    from story_entries_for(source, topic, query, from_date, to_date, 'provider') as entered
),

placed as (
    select
        story_id, provider_id,
        entered_at = min(entered_at) over story as is_first,
        shifted_at = min(shifted_at) over story as is_first_shifted,
        count(*) over story as provider_count
    from entries
    window story as (partition by story_id)
),

credited as (
    select
        provider_id,
        if(is_first, 1 / sum(cast(is_first as integer)) over (partition by story_id), 0) as credit,
        if(is_first_shifted, 1 / sum(cast(is_first_shifted as integer)) over (partition by story_id), 0)
            as shifted_credit
    from placed
    where provider_count >= 2
),

counted as (
    select
        provider_id,
        count(*) as story_count,
        sum(credit order by credit) as first_credit,
        sum(shifted_credit order by shifted_credit) as shifted_first_credit
    from credited
    group by provider_id
)

select
    providers.domain as provider_domain, providers.name as provider_name, counted.story_count, counted.first_credit,
    counted.shifted_first_credit,
    counted.first_credit / counted.story_count as first_rate,
    wilson(counted.first_credit, counted.story_count).low as first_rate_low,
    wilson(counted.first_credit, counted.story_count).high as first_rate_high,
    counted.shifted_first_credit / counted.story_count as shifted_first_rate,
    wilson(counted.shifted_first_credit, counted.story_count).low as shifted_first_rate_low,
    wilson(counted.shifted_first_credit, counted.story_count).high as shifted_first_rate_high,
    counted.provider_id
from counted
join providers using (provider_id)
order by abs(counted.shifted_first_credit - counted.first_credit) desc, counted.story_count desc, provider_domain
