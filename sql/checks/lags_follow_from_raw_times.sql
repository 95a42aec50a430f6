/*
question: Does each lag equal the difference of the two times as they were written?
definition: >
  Recomputed from published_at_raw where both times are written as YYYY-MM-DDThh:mm:ssZ; providers whose clock is
  corrected by clock_offsets are left out.
severity: error
remedy: a defect of the typing of times or of the lag
*/
with
corrected as (
    select providers.provider_id from providers semi join clock_offsets using (domain)
),

leads as (
    select
        document_id,
        try_strptime(published_at_raw, '%Y-%m-%dT%H:%M:%SZ') as raw_at
    from documents
    anti join corrected using (provider_id)
),

entries as (
    select
        document_id, position, lag_seconds,
        try_strptime(published_at_raw, '%Y-%m-%dT%H:%M:%SZ') as raw_at
    from related_links
    anti join corrected using (provider_id)
)

select
    entries.document_id, entries.position, entries.lag_seconds,
    date_diff('second', leads.raw_at, entries.raw_at) as raw_lag_seconds
from entries
join leads using (document_id)
where
    entries.raw_at is not null
    and leads.raw_at is not null
    and entries.lag_seconds is distinct from date_diff('second', leads.raw_at, entries.raw_at)
