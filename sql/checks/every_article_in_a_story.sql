/*
question: Which articles are in no story?
definition: >
  A story takes its head's list and the leads of its folded documents. Upstream writes one document per member of a
  story; where some of them are missing, an article that only a folded document lists is in no story. What such a
  document lists without an address, and without all of provider name, title and time, is passed over: nobody can say
  which article it is, and the finding identified_by_place names it.
severity: warning
remedy: build the feed as a whole; documents of some members of the story are missing
*/
select articles.article_id, articles.canonical_url
from articles
anti join story_articles on articles.article_id = story_articles.article_id
anti join findings
    on
        findings.rule = 'identified_by_place'
        and articles.first_document_id = findings.document_id
        and articles.first_position = findings.position
