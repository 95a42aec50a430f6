/*
chapter: Building blocks
question: What is looked for when an analyst types a search?
definition: >
  All words, in any order; `"words in quotation marks"` one behind the other; `-word` and `-"words"` are what must not
  be there; `word*` is any word that begins so; `or` stands between alternatives, each with words of its own. Words are
  normalized, see `normalized` and `words`.
grain: one row per alternative and term of it
edge_cases: >
  No row for null. Other punctuation is passed over. What is not understood is an error that says why: a text without a
  word, an open quotation mark, `*` anywhere else, brackets, AND, NOT, `|`, `field:word`, a hyphen that stands alone, an
  alternative that looks for nothing. Words that a hyphen joins are looked for one by one, but excluded together.
example: from search_terms('"facial recognition" police* -china or clearview')
signature: text
parameters:
  text: a search
columns:
  alternative: 0 = before the first `or`
  is_excluded: it must not be there
  term: its words with two blanks between and one around them; without the last one, the last word only begins so
  longest_word: the longest of its words
*/
with
unnested as (
    select unnest(parsed_search(text)) as entry
)

select distinct
    entry.alternative as alternative,
    entry.is_excluded as is_excluded,
    entry.term as term,
    list_reduce(
        string_split(trim(entry.term), '  '),
        lambda longest, word: if(length(word) > length(longest), word, longest)
    ) as longest_word
from unnested
