/*
question: Is heat -1 if and only if a document is folded?
severity: warning
remedy: upstream marks folded documents with heat -1; look at the documents before trusting their stories
*/
select document_id, path, state, heat
from documents
where (heat is not distinct from -1) <> (state = 'folded')
