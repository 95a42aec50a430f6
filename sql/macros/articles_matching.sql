/*
chapter: Building blocks
question: Which articles have what is searched, and how well do they fit?
definition: >
  The articles that have all that one of the alternatives of the search looks for, and nothing that it excludes, see
  search_terms. The score is BM25 (Robertson and Walker 1994; k1 = 1.2, b = 0.75) of what they have of all that is
  looked for, over the words of the normalized title, which count three times, and of the normalized excerpt.
grain: one row per article that matches
edge_cases: >
  no row for null; in scripts without blanks, words are pairs of neighboring characters; quoted words count as one word
  with a frequency of its own
example: select count(*) from articles_matching('"facial recognition" -china')
signature: text
parameters:
  text: a search, see search_terms
lazy: article_id bigint, score double
*/
with
-- A term of two alternatives counts once.
terms as (
    select
        alternative, is_excluded, term, longest_word,
        count(*) filter (where not is_excluded) over (partition by alternative) as required_count,
        not is_excluded and row_number() over (partition by is_excluded, term order by alternative) = 1 as is_counted
    from search_terms(text)
),

-- One row, read once: what is read several times, DuckDB before 1.4 plans as often.
asked as (
    select list(terms) as entries from terms
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
    select texts.article_id, texts.normalized_title, texts.excerpt, asked.entries
    from texts
    cross join asked
    where
        text is not null
        and len(
            list_filter(
                asked.entries,
                lambda entry: not entry.is_excluded and (
                    contains(texts.normalized_title, entry.longest_word) or contains(texts.excerpt, entry.longest_word)
                )
            )
        ) > 0
),

worded as (
    select
        article_id, entries,
        words(normalized_title) as title_words,
        words(excerpt) as excerpt_words
    from candidates
),

spaced as (
    select
        article_id,
        unnest(entries) as entry,
        3 * len(title_words) + len(excerpt_words) as word_count,
        -- Of no words, array_to_string makes null before DuckDB 1.5.
        ' ' || coalesce(array_to_string(title_words, '  '), '') || ' ' as title_words,
        ' ' || coalesce(array_to_string(excerpt_words, '  '), '') || ' ' as excerpt_words
    from worded
),

counted as (
    select
        article_id, entry, word_count,
        cast(
            3 * (length(title_words) - length(replace(title_words, entry.term, '')))
            + length(excerpt_words) - length(replace(excerpt_words, entry.term, ''))
            as double
        ) / length(entry.term) as frequency
    from spaced
),

matches as (
    select
        article_id, word_count, frequency, entry.is_counted,
        count(*) over (partition by entry.is_counted, entry.term) as matching_count,
        count(*) filter (where not entry.is_excluded) over found_of_alternative = entry.required_count
        and not bool_or(entry.is_excluded) over found_of_alternative as is_fitting
    from counted
    where frequency > 0
    window found_of_alternative as (partition by article_id, entry.alternative)
)

-- Summed in the order of size: in any order, the last digit would differ from call to call.
select
    matches.article_id,
    list_sum(list_sort(list(
        ln(1 + (corpus.article_count - matches.matching_count + 0.5) / (matches.matching_count + 0.5))
        * matches.frequency * 2.2
        / (matches.frequency + 1.2 * (0.25 + 0.75 * matches.word_count / corpus.mean_word_count))
    ) filter (where matches.is_counted))) as score
from matches
cross join corpus
group by matches.article_id
having bool_or(matches.is_fitting)
