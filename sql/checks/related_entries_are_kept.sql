/*
question: Is every entry of a related list a row of related_links?
severity: error
remedy: a defect of the table related_links
*/
with
listed as (
    select document_id, related_count from documents
),

links as (
    select document_id, count(*) as link_count from related_links group by document_id
)

select
    coalesce(listed.document_id, links.document_id) as document_id,
    coalesce(listed.related_count, 0) as related_count,
    coalesce(links.link_count, 0) as link_count
from listed
full join links on listed.document_id = links.document_id
where coalesce(listed.related_count, 0) <> coalesce(links.link_count, 0)
