/*
chapter: How far to trust it
question: What is odd about the documents, and how often?
grain: one row per data-quality rule with a finding
edge_cases: rejected documents have no findings; they are in rejected_documents
headline: true
example: from findings_summary
columns:
  finding_count: findings
  document_count: distinct documents with such a finding
  example_path: path of one of the documents
  example_detail: what was found there
*/
with
placed as (
    select findings.rule, findings.severity, findings.document_id, findings.detail, documents.path
    from findings
    join documents using (document_id)
)

select
    rule, severity,
    count(*) as finding_count,
    count(distinct document_id) as document_count,
    min(path) as example_path,
    arg_min(detail, path) as example_detail
from placed
group by rule, severity
order by severity desc, finding_count desc, rule
