/*
chapter: Building blocks
question: What is compared when texts are compared or searched?
definition: >
  HTML references resolved until nothing changes; characters that are not seen dropped, but for joiners between letters
  of scripts that need them; NFKC; case folded; words (letters, marks, digits, connectors) joined by one blank. The
  same steps as for articles.normalized_title.
edge_cases: null for null; a text without a word gives an empty one
example: select normalized('Straße &amp;amp; Brücke')
signature: typed
parameters:
  typed: a text
returns: varchar
*/
(
    with recursive
    rounds as (
        select
            0 as round,
            cast(typed as varchar) as spelled,
            cast(null as varchar) as before
        union all
        select
            round + 1 as round,
            unescaped(spelled) as spelled,
            spelled as before
        from rounds
        where contains(spelled, '&') and spelled is distinct from before
    ),

    plain as (
        select regexp_replace(spelled, '[\x01\x02]', ' ', 'g') as spelled from rounds order by round desc limit 1
    ),

    patterns as (
        select
            max(meaning) filter (where written = 'joining') as joining,
            max(meaning) filter (where written = 'ignorable') as ignorable,
            max(meaning) filter (where written = 'word') as word
        from text_forms
        where kind = 'pattern'
    ),

    -- Joiners after a letter that may need them are put aside, and come back where such a letter follows, too.
    put_aside as (
        select
            regexp_replace(
                regexp_replace(plain.spelled, '([' || joining || '])\x{200C}', '\1' || chr(1), 'g'),
                '([' || joining || '])\x{200D}', '\1' || chr(2), 'g'
            ) as spelled
        from plain
        cross join patterns
    ),

    bare as (
        select regexp_replace(put_aside.spelled, '[' || ignorable || ']', '', 'g') as spelled
        from put_aside
        cross join patterns
    ),

    visible as (
        select
            regexp_replace(
                regexp_replace(
                    regexp_replace(bare.spelled, '\x01([' || joining || '])', chr(8204) || '\1', 'g'),
                    '\x02([' || joining || '])', chr(8205) || '\1', 'g'
                ),
                '[\x01\x02]', '', 'g'
            ) as spelled
        from bare
        cross join patterns
    ),

    visible_characters as (
        select
            unnest(regexp_extract_all(spelled, '(?s).')) as character,
            unnest(range(length(spelled))) as place
        from visible
    ),

    composed as (
        select
            nfc_normalize(
                string_agg(
                    coalesce(text_forms.meaning, visible_characters.character), '' order by visible_characters.place
                )
            ) as spelled
        from visible_characters
        left join text_forms on text_forms.kind = 'compatible' and text_forms.written = visible_characters.character
    ),

    composed_characters as (
        select
            unnest(regexp_extract_all(spelled, '(?s).')) as character,
            unnest(range(length(spelled))) as place
        from composed
    ),

    folded as (
        select
            string_agg(
                coalesce(text_forms.meaning, composed_characters.character), '' order by composed_characters.place
            ) as spelled
        from composed_characters
        left join text_forms on text_forms.kind = 'folded' and text_forms.written = composed_characters.character
    )

    -- Of no characters there is no row: an empty text stays empty, null stays null.
    select trim(
        regexp_replace(coalesce(folded.spelled, left(visible.spelled, 0)), '[^' || patterns.word || ']+', ' ', 'g')
    )
    from folded
    cross join visible
    cross join patterns
)
