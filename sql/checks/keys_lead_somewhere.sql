/*
question: Which keys lead to no row of the table that they name?
severity: error
remedy: a defect of the table that holds the key
*/
with
orphans as (
    select 'documents' as table_name, 'lead_article_id' as column_name, count(*) as orphan_count
    from documents anti join articles on documents.lead_article_id = articles.article_id
    union all
    select 'documents', 'provider_id', count(*) from documents anti join providers using (provider_id) union all
    select 'related_links', 'document_id', count(*) from related_links anti join documents using (document_id) union all
    select 'related_links', 'article_id', count(*) from related_links anti join articles using (article_id) union all
    select 'related_links', 'provider_id', count(*) from related_links anti join providers using (provider_id) union all
    select 'articles', 'provider_id', count(*) from articles anti join providers using (provider_id) union all
    select 'articles', 'publisher_id', count(*) from articles anti join publishers using (publisher_id) union all
    select 'articles', 'first_document_id', count(*)
    from articles anti join documents on articles.first_document_id = documents.document_id
    union all
    select 'article_versions', 'article_id', count(*) from article_versions anti join articles using (article_id)
    union all
    select 'article_urls', 'article_id', count(*) from article_urls anti join articles using (article_id) union all
    select 'article_images', 'article_id', count(*) from article_images anti join articles using (article_id) union all
    select 'article_images', 'image_id', count(*) from article_images anti join images using (image_id) union all
    select 'provider_names', 'provider_id', count(*) from provider_names anti join providers using (provider_id)
    union all
    select 'document_topics', 'document_id', count(*) from document_topics anti join documents using (document_id)
    union all
    select 'document_topics', 'topic_id', count(*) from document_topics anti join topics using (topic_id) union all
    select 'story_articles', 'story_id', count(*) from story_articles anti join stories using (story_id) union all
    select 'story_articles', 'article_id', count(*) from story_articles anti join articles using (article_id) union all
    select 'story_articles', 'provider_id', count(*) from story_articles anti join providers using (provider_id)
    union all
    select 'story_articles', 'publisher_id', count(*) from story_articles anti join publishers using (publisher_id)
    union all
    select 'findings', 'document_id', count(*) from findings anti join documents using (document_id) union all
    select 'clock_evidence', 'article_id', count(*) from clock_evidence anti join articles using (article_id) union all
    select 'clock_evidence', 'provider_id', count(*) from clock_evidence anti join providers using (provider_id)
    union all
    select 'clock_evidence', 'document_id', count(*) from clock_evidence anti join documents using (document_id)
    union all
    select 'documents', 'story_id', count(*) from documents anti join stories using (story_id) union all
    select 'related_links', 'lead_article_id', count(*)
    from related_links anti join articles on related_links.lead_article_id = articles.article_id
    union all
    select 'article_versions', 'provider_id', count(*) from article_versions anti join providers using (provider_id)
    union all
    select 'provider_images', 'provider_id', count(*) from provider_images anti join providers using (provider_id)
    union all
    select 'provider_images', 'image_id', count(*) from provider_images anti join images using (image_id) union all
    select 'stories', 'document_id', count(*) from stories anti join documents using (document_id) union all
    select 'stories', 'lead_article_id', count(*)
    from stories anti join articles on stories.lead_article_id = articles.article_id
    union all
    select 'stories', 'lead_provider_id', count(*)
    from stories anti join providers on stories.lead_provider_id = providers.provider_id
    union all
    select 'story_articles', 'document_id', count(*) from story_articles anti join documents using (document_id)
)

select table_name, column_name, orphan_count
from orphans
where orphan_count > 0
