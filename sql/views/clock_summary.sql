/*
chapter: How far to trust it
question: Whose clock seems to be off, and by how much?
definition: >
  evidence of clock_evidence per provider and kind; the median offset is how far the written clock is ahead of UTC
grain: one row per provider and kind of evidence
denominator: distinct articles of the provider
edge_cases: evidence is no proof; nothing is corrected unless clock_offsets.csv says so
headline: true
example: from clock_summary where evidence_count >= 3
columns:
  kind: "`file_name`, `url`, `copy` or `address_date`"
  evidence_count: pieces of evidence
  median_offset_hours: half of the offsets is smaller
*/
with
evidence as (
    select
        provider_id, kind,
        count(*) as evidence_count,
        quantile_cont(offset_hours, 0.5) as median_offset_hours
    from clock_evidence
    group by provider_id, kind
)

select
    providers.domain as provider_domain, providers.name as provider_name, evidence.kind, evidence.evidence_count,
    providers.article_count, evidence.median_offset_hours, evidence.provider_id
from evidence
join providers using (provider_id)
order by evidence.evidence_count desc, provider_domain, evidence.kind
