/*
question: How many words are there to search?
definition: >
  words of the normalized titles, which count three times, and of the excerpts, over all articles; the mean length
  that search_articles needs
grain: one row
edge_cases: no articles, 0 words
example: select word_count / article_count as mean_word_count from search_statistics
columns:
  word_count: 3 x words of the normalized titles + words of the excerpts
*/
select
    count(*) as article_count,
    cast(
        coalesce(
            sum(
                3 * len(words(coalesce(normalized_title, '')))
                + len(words(coalesce(normalized_excerpt, '')))
            ),
            0
        ) as bigint
    ) as word_count
from articles
