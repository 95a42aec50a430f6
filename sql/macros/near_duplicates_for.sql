/*
question: Which articles of one story have nearly the same title?
definition: >
  Jaccard index of the sets of words of the two normalized titles (Jaccard 1901) of at least minimum_jaccard, for two
  articles of one story.
grain: one row per pair of articles; a before b by article_id
edge_cases: a pair that shares several stories counts once; articles without a title are left out
example: from near_duplicates_for(minimum_jaccard := 0.8) limit 10
parameters:
  minimum_jaccard = 0.6: lowest similarity
columns:
  title_a: title of a
  title_b: title of b
  jaccard: common words / words of either title
  is_identical: the normalized titles are equal
  delay_minutes: minutes from a to b; negative = b came first; null where a time is missing
  article_id_a: smaller key
  article_id_b: larger key
*/
with
titled as (
    select
        story_articles.story_id,
        articles.article_id,
        articles.title,
        articles.normalized_title,
        list_distinct(string_split(articles.normalized_title, ' ')) as words,
        articles.published_at
    from story_articles
    join articles using (article_id)
    where articles.normalized_title <> ''
),

pairs as (
    select distinct
        a.article_id as article_id_a,
        b.article_id as article_id_b,
        a.title as title_a,
        b.title as title_b,
        a.normalized_title = b.normalized_title as is_identical,
        array_length(list_intersect(a.words, b.words)) as common_count,
        array_length(a.words) + array_length(b.words) as word_count,
        (epoch_us(b.published_at) - epoch_us(a.published_at)) / 60e6 as delay_minutes
    from titled as a
    join titled as b on a.story_id = b.story_id and a.article_id < b.article_id
    -- Sets whose sizes differ more than this cannot be that similar.
    where
        least(array_length(a.words), array_length(b.words))
        >= minimum_jaccard * greatest(array_length(a.words), array_length(b.words))
)

select
    title_a,
    title_b,
    common_count / (word_count - common_count) as jaccard,
    is_identical,
    delay_minutes,
    article_id_a,
    article_id_b
from pairs
where common_count / (word_count - common_count) >= minimum_jaccard
order by jaccard desc, article_id_a, article_id_b
