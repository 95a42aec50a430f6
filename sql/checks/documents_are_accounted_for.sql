/*
question: Did every file become a document or a rejected document?
severity: error
remedy: a defect of reading; the source and the counts say where rows were lost
*/
with
listed as (
    select source_name, file_count from sources
),

read_documents as (
    select source_name, count(*) as document_count from documents group by source_name
),

rejected as (
    select source_name, count(*) as rejected_count from rejected_documents group by source_name
)

select
    listed.source_name, listed.file_count,
    coalesce(read_documents.document_count, 0) as document_count,
    coalesce(rejected.rejected_count, 0) as rejected_count
from listed
left join read_documents using (source_name)
left join rejected using (source_name)
where listed.file_count <> coalesce(read_documents.document_count, 0) + coalesce(rejected.rejected_count, 0)
