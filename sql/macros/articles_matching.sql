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
*/
with
asked as (
    select
        alternative, is_excluded, term, longest_word,
        count(*) filter (where not is_excluded) over (partition by alternative) as required_count
    from search_terms(text)
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
                (select list(distinct asked.longest_word) from asked where not asked.is_excluded),
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

spaced as (
    select
        article_id,
        3 * len(title_words) + len(excerpt_words) as word_count,
        -- Of no words, array_to_string makes null before DuckDB 1.5.
        ' ' || coalesce(array_to_string(title_words, '  '), '') || ' ' as title_words,
        ' ' || coalesce(array_to_string(excerpt_words, '  '), '') || ' ' as excerpt_words
    from worded
),

counted as (
    select
        spaced.article_id, terms.term, spaced.word_count,
        cast(
            3 * (length(spaced.title_words) - length(replace(spaced.title_words, terms.term, '')))
            + length(spaced.excerpt_words) - length(replace(spaced.excerpt_words, terms.term, ''))
            as double
        ) / length(terms.term) as frequency
    from spaced
    cross join (select distinct asked.term from asked) as terms
),

matches as (
    select
        article_id, term, word_count, frequency,
        count(*) over (partition by term) as matching_count
    from counted
    where frequency > 0
),

fitting as (
    select matches.article_id
    from matches
    join asked on matches.term = asked.term
    group by matches.article_id, asked.alternative, asked.required_count
    having count(*) filter (where not asked.is_excluded) = asked.required_count and not bool_or(asked.is_excluded)
)

-- Summed in the order of size: in any order, the last digit would differ from call to call.
select
    matches.article_id,
    list_sum(list_sort(list(
        ln(1 + (corpus.article_count - matches.matching_count + 0.5) / (matches.matching_count + 0.5))
        * matches.frequency * 2.2
        / (matches.frequency + 1.2 * (0.25 + 0.75 * matches.word_count / corpus.mean_word_count))
    ))) as score
from matches
cross join corpus
where
    matches.article_id in (select fitting.article_id from fitting)
    and matches.term in (select asked.term from asked where not asked.is_excluded)
group by matches.article_id
