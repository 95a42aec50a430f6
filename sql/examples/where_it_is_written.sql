/*
question: On which line of which file does the first mover's article stand?
answer:
  - [000_de3036c02a3d7cfd.txt, 30, '2020-06-17T17:03:00Z']
*/
select documents.path, related_links.line, related_links.published_at_raw
from first_mover_by_story as firsts
join story_articles on firsts.story_id = story_articles.story_id and firsts.provider_id = story_articles.provider_id
join related_links using (document_id, position)
join documents on related_links.document_id = documents.document_id
where story_articles.published_at = firsts.first_published_at
