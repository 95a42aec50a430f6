/*
chapter: When it appears
question: Which words of headlines rise in a period against the period before?
definition: >
  Log-likelihood keyness (Rayson and Garside 2000, Comparing corpora using frequency profiling) of the words of titles:
  G2 = 2 * (a * ln(a / e) + b * ln(b / f)), where a and b are how often the word stands in the period and in the period
  before, of the same number of days, and e and f are the frequencies expected from all words of both. Words are those
  that are searched, so in scripts without blanks pairs of neighboring characters.
grain: one row per word that is more frequent than before, at least minimum_count times in the period, strongest first
edge_cases: >
  Without dates, the period is the last 28 days that have articles. G2 of 6.63 is exceeded by chance once in a hundred
  words, of 15.13 once in ten thousand. Articles without a usable day or title are left out.
example: select word, word_count, word_count_before, log_likelihood from rising_words(minimum_count := 2)
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, minimum_count = 5,
  minimum_log_likelihood = 6.63
parameters:
  from_date: first day of the period
  to_date: last day of the period
  minimum_log_likelihood: lowest G2
columns:
  word: a word of a title, normalized
  word_count: how often it stands in titles of the period
  word_count_before: how often it stood in those of the period before
  total_word_count: words of the titles of the period
  total_word_count_before: words of those of the period before
  frequency_ratio: frequency of the word in the period / that before; null = it is new
  log_likelihood: G2, larger = less likely by chance
*/
with
titled as (
    select articles.published_date, articles.normalized_title
    from articles
    semi join articles_for(source, topic, query, null, null) as chosen on articles.article_id = chosen.article_id
    where articles.published_date is not null and articles.normalized_title <> ''
),

last_day as (
    select coalesce(cast(to_date as date), max(published_date)) as last_day from titled
),

period as (
    select
        last_day,
        coalesce(cast(from_date as date), last_day - 27) as first_day
    from last_day
),

worded as (
    select
        unnest(words(titled.normalized_title)) as word,
        titled.published_date >= period.first_day as is_in_period
    from titled
    cross join period
    where
        titled.published_date <= period.last_day
        and titled.published_date >= period.first_day - cast(period.last_day - period.first_day + 1 as integer)
),

counted as (
    select
        word,
        count(*) filter (where is_in_period) as word_count,
        count(*) filter (where not is_in_period) as word_count_before
    from worded
    group by word
),

totals as (
    select
        word, word_count, word_count_before,
        cast(sum(word_count) over () as bigint) as total_word_count,
        cast(sum(word_count_before) over () as bigint) as total_word_count_before
    from counted
),

expected as (
    select
        word, word_count, word_count_before, total_word_count, total_word_count_before,
        (word_count + word_count_before) / (total_word_count + total_word_count_before) as frequency
    from totals
    where word_count >= minimum_count and word_count * total_word_count_before > word_count_before * total_word_count
),

scored as (
    select
        word, word_count, word_count_before, total_word_count, total_word_count_before,
        2 * (
            word_count * ln(word_count / (total_word_count * frequency))
            + if(
                word_count_before = 0,
                0,
                word_count_before * ln(word_count_before / (total_word_count_before * frequency))
            )
        ) as log_likelihood
    from expected
)

select
    word, word_count, word_count_before,
    (word_count / total_word_count) / nullif(word_count_before / total_word_count_before, 0) as frequency_ratio,
    log_likelihood, total_word_count, total_word_count_before
from scored
where log_likelihood >= minimum_log_likelihood
order by log_likelihood desc, word
