/*
question: Which documents are in no story, and which stories do not lead with their own document?
severity: error
remedy: a defect of the story rule
*/
with
placed as (
    select document_id, story_id from documents
),

represented as (
    select story_id, document_id, lead_article_id from stories
),

leads as (
    select story_id, article_id from story_articles where membership = 'lead'
)

select placed.document_id, placed.story_id
from placed
anti join represented on placed.story_id = represented.story_id
union all
select represented.document_id, represented.story_id
from represented
anti join placed on represented.document_id = placed.document_id and represented.story_id = placed.story_id
union all
select represented.document_id, represented.story_id
from represented
anti join leads on represented.story_id = leads.story_id and represented.lead_article_id = leads.article_id
