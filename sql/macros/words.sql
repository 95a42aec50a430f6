/*
chapter: Building blocks
question: Which words of a normalized text are counted, compared and searched?
definition: >
  its words; in scripts written without blanks (Han, kana, Thai, Lao, Khmer, Myanmar) each pair of neighboring
  characters is one: `abcd` gives `ab`, `bc`, `cd`
edge_cases: null for null, an empty list for an empty text; a character that is alone is a word
example: select words(normalized('駐車料金'))
signature: normalized_text
parameters:
  normalized_text: a text as `normalized` gives it
returns: varchar[]
*/
case
    when normalized_text = '' then cast([] as varchar[])
    when not regexp_matches(normalized_text, blankless()) then string_split(normalized_text, ' ')
    -- Each run is put between marks and each of its characters written twice, with a blank between; what is left over
    -- at both ends of a run goes.
    else string_split(
        trim(regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            normalized_text,
                            '((?:' || blankless() || '\p{M}*)+)', ' ' || chr(1) || '\1' || chr(1) || ' ', 'g'
                        ),
                        '(' || blankless() || '\p{M}*)', '\1 \1', 'g'
                    ),
                    '\x01' || blankless() || '\p{M}* ', chr(1), 'g'
                ),
                ' ' || blankless() || '\p{M}*\x01', '', 'g'
            ),
            '[\x01 ]+', ' ', 'g'
        )),
        ' '
    )
end
