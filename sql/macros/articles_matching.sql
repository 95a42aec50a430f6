/*
chapter: Building blocks
question: Which articles have some words, and how well do they fit?
definition: >
  BM25 (Robertson and Walker 1994; k1 = 1.2, b = 0.75) over the words of the normalized title, which count three
  times, and of the normalized excerpt.
grain: one row per article with all of the words
edge_cases: >
  whole words, normalized; the text may hold several; in scripts without blanks, pairs of neighboring characters; no
  row for null and for a text without a word
example: select count(*) from articles_matching('facial recognition')
signature: text
parameters:
  text: words to look for
*/
with
asked as (
    select distinct unnest(words(normalized(text))) as word
),

corpus as (
    select article_count, word_count / article_count as mean_word_count from search_statistics
),

texts as (
    select
        article_id,
        coalesce(normalized_title, '') as normalized_title,
        coalesce(normalized_excerpt, '') as excerpt
    from articles
),

-- BM25 is written out because DuckDB's extension fts has to be downloaded, and its index goes stale with the table.
-- Looking for the letters anywhere is fast, taking texts apart is not: only what has the letters is taken apart.
candidates as (
    select article_id, normalized_title, excerpt
    from texts
    where
        text is not null
        and len(
            list_filter(
                (select list(asked.word) from asked),
                lambda word: contains(normalized_title, word) or contains(excerpt, word)
            )
        ) > 0
),

worded as (
    select
        article_id,
        words(normalized_title) as title_words,
        words(excerpt) as excerpt_words
    from candidates
),

counted as (
    select
        worded.article_id, asked.word,
        3 * len(worded.title_words) + len(worded.excerpt_words) as word_count,
        3 * len(list_filter(worded.title_words, lambda item: item = asked.word))
        + len(list_filter(worded.excerpt_words, lambda item: item = asked.word)) as frequency
    from worded
    cross join asked
),

matches as (
    select article_id, word, word_count, frequency from counted where frequency > 0
),

weighted as (
    select article_id, frequency, word_count, count(*) over (partition by word) as matching_count from matches
)

-- Summed in the order of size: in any order, the last digit would differ from call to call.
select
    weighted.article_id,
    list_sum(list_sort(list(
        ln(1 + (corpus.article_count - weighted.matching_count + 0.5) / (weighted.matching_count + 0.5))
        * weighted.frequency * 2.2
        / (weighted.frequency + 1.2 * (0.25 + 0.75 * weighted.word_count / corpus.mean_word_count))
    ))) as score
from weighted
cross join corpus
group by weighted.article_id
having count(*) = (select count(*) from asked)
