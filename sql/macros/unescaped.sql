/*
chapter: Building blocks
question: What does a text say without its HTML references?
definition: >
  each reference to a character replaced by the character, once: `&amp;lt;` becomes `&lt;`. As in HTML, some names need
  no semicolon, and the longest name counts.
edge_cases: null for null; what refers to no character stays
example: select unescaped('AT&amp;T')
signature: escaped
parameters:
  escaped: a text
returns: varchar
*/
(
    with
    parts as (
        select
            string_split_regex(escaped, '&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[A-Za-z][A-Za-z0-9]*;?)') as texts,
            regexp_extract_all(escaped, '&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[A-Za-z][A-Za-z0-9]*;?)') as found
    ),

    pieces as (
        select unnest(texts) as before, unnest(found) as reference, unnest(range(len(texts))) as place from parts
    ),

    numbered as (
        select
            before,
            reference,
            place,
            case
                when regexp_matches(reference, '^&#0*[0-9]{1,7};?$')
                    then try_cast(regexp_extract(reference, '[0-9]+') as integer)
                when regexp_matches(reference, '^&#[xX]0*[0-9a-fA-F]{1,7};?$')
                    then try_cast('0x' || regexp_extract(reference, '[xX]0*([0-9a-fA-F]+)', 1) as integer)
            end as number
        from pieces
    )

    select
        string_agg(
            before || coalesce(
                nullif(numbers.meaning, ''),
                if(
                    numbers.written is null
                    and (numbered.number between 1 and 55295 or numbered.number between 57344 and 1114111),
                    chr(numbered.number),
                    null
                ),
                (
                    select names.meaning || substr(numbered.reference, length(names.written) + 1)
                    from text_forms as names
                    where names.kind = 'name' and starts_with(numbered.reference, names.written)
                    order by length(names.written) desc
                    limit 1
                ),
                numbered.reference,
                ''
            ),
            '' order by numbered.place
        )
    from numbered
    left join text_forms as numbers on numbers.kind = 'number' and numbers.written = cast(numbered.number as varchar)
)
