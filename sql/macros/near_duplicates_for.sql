/*
chapter: What is copied
question: Which articles of one story have nearly the same title?
definition: >
  Jaccard index of the sets of words of the two normalized titles (Jaccard 1901) of at least minimum_jaccard, for two
  articles of one story.
grain: one row per pair of articles; a before b by article_id
edge_cases: a pair that shares several stories counts once; articles without a title are left out
example: from near_duplicates_for(minimum_jaccard := 0.8) limit 10
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, minimum_jaccard = 0.6
parameters:
  minimum_jaccard: lowest similarity
columns:
  title_a: title of a
  title_b: title of b
  provider_domain_a: host domain of a
  provider_domain_b: host domain of b
  url_a: address of a, as written
  url_b: address of b, as written
  jaccard: common words / words of either title
  is_identical: the normalized titles are equal
  delay_minutes: minutes from a to b; negative = b came first; null where a time is missing
  article_id_a: smaller key
  article_id_b: larger key
*/
with
split as (
    select article_id, words(normalized_title) as words from articles where normalized_title <> ''
),

-- In short lists, and titles are short, looking words up one by one takes less time than list_distinct and, further
-- down, list_intersect.
worded as (
    select
        article_id, case
            when len(words) <= 100 then list_filter(words, lambda word, place: list_position(words, word) = place)
            else list_distinct(words)
        end as words
    from split
),

titled as (
    select
        article_id, words,
        len(words) as word_count,
        list_reduce(
            list_transform(words, lambda word: cast(1 as ubigint) << (hash(word) & 63)), lambda bits, bit: bits | bit
        ) as signature
    from worded
),

members as (
    select story_articles.story_id, titled.article_id, titled.word_count, titled.signature
    from story_articles
    join titled using (article_id)
    semi join stories_for(source, topic, query, from_date, to_date) as chosen using (story_id)
),

-- Two titles differ in at least as many words as their signatures differ in bits, whatever the hash. So nothing similar
-- is lost here, and only few pairs are left whose words have to be compared.
candidates as (
    select distinct a.article_id as article_id_a, b.article_id as article_id_b
    from members as a
    join members as b on a.story_id = b.story_id and a.article_id < b.article_id
    where
        (a.word_count + b.word_count - bit_count(xor(a.signature, b.signature)))
        / (a.word_count + b.word_count + bit_count(xor(a.signature, b.signature))) >= minimum_jaccard
),

compared as (
    select
        candidates.article_id_a, candidates.article_id_b, case
            when titled_a.word_count <= 100
                then len(list_filter(titled_a.words, lambda word: list_contains(titled_b.words, word)))
            else len(list_intersect(titled_a.words, titled_b.words))
        end as common_count,
        titled_a.word_count + titled_b.word_count as word_count
    from candidates
    join titled as titled_a on candidates.article_id_a = titled_a.article_id
    join titled as titled_b on candidates.article_id_b = titled_b.article_id
)

select
    a.title as title_a, b.title as title_b,
    compared.common_count / (compared.word_count - compared.common_count) as jaccard,
    a.normalized_title = b.normalized_title as is_identical,
    (epoch_us(b.published_at) - epoch_us(a.published_at)) / 60e6 as delay_minutes,
    providers_a.domain as provider_domain_a,
    providers_b.domain as provider_domain_b,
    a.url as url_a,
    b.url as url_b,
    compared.article_id_a, compared.article_id_b
from compared
join articles as a on compared.article_id_a = a.article_id
join articles as b on compared.article_id_b = b.article_id
join providers as providers_a on a.provider_id = providers_a.provider_id
join providers as providers_b on b.provider_id = providers_b.provider_id
where compared.common_count / (compared.word_count - compared.common_count) >= minimum_jaccard
order by jaccard desc, compared.article_id_a, compared.article_id_b
