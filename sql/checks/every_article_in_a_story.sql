/*
question: Which articles are in no story?
definition: >
  A story takes its head's list and the leads of its folded documents. Upstream writes one document per member of a
  story; where some of them are missing, an article that only a folded document lists is in no story.
severity: warning
remedy: build the feed as a whole; documents of some members of the story are missing
*/
select articles.article_id, articles.canonical_url
from articles
anti join story_articles on articles.article_id = story_articles.article_id
