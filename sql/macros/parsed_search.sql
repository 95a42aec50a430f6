/*
chapter: Building blocks
question: What does a search that an analyst types look for?
definition: see search_terms
edge_cases: null for null; what is not understood is an error that says why
example: select parsed_search('"facial recognition" police* -china or clearview')
signature: text
parameters:
  text: a search
returns: struct(alternative integer, is_excluded boolean, term varchar)[]
lazy: true
*/
(
    with
    spelled as (
        select translate(text, '“”„‟«»＂＊', '"""""""*') as plain
    ),

    split as (
        select
            unnest(regexp_extract_all(plain, '[-−－–]?"[^"]*"?|[^\s\p{Z}"]+')) as token,
            unnest(range(len(regexp_extract_all(plain, '[-−－–]?"[^"]*"?|[^\s\p{Z}"]+')))) as place
        from spelled
    ),

    -- Apart from its words: `words` would write it out several times.
    compared as (
        select
            token, place,
            normalized(token) as token_text
        from split
    ),

    tokens as (
        select
            token, place,
            words(token_text) as token_words,
            contains(token, '"') as is_quoted,
            lower(token) = 'or' as is_or,
            regexp_matches(token, '^[-−－–].') as is_excluded,
            ends_with(token, '*') as is_prefix,
            sum(if(lower(token) = 'or', 1, 0)) over (order by place) as alternative
        from compared
    ),

    judged as (
        select
            place,
            case
                when is_quoted and not regexp_matches(token, '"[^"]*"$') then 'a quotation mark is open'
                when is_quoted and token_words = [] then 'there is no word between quotation marks'
                when is_quoted and contains(token, '*') then '* has no meaning between quotation marks'
                when is_quoted then null
                when contains(token, '*') and not regexp_matches(token, '^[^*]*[\p{L}\p{M}\p{N}_][*]$')
                    then '* stands at the end of a word'
                when regexp_matches(token, '[()]') then 'brackets have no meaning'
                when regexp_matches(token, '^[-−－]$') then '- stands directly before what must not be there'
                when regexp_matches(token, '^[|]+$') then 'write or between alternatives'
                when token = 'AND' then 'all words are looked for without AND'
                when token = 'NOT' then 'write -word for NOT word'
                when regexp_matches(token, '^[-−－–]?[A-Za-z_]+:[^\s]')
                    then '''' || token || ''' names no words alone; quotation marks make it a text'
            end as problem
        from tokens
        union all
        select
            coalesce(max(place), 0),
            if(
                bool_or(is_or),
                'on both sides of or, there must be a word to look for',
                'there is no word to look for'
            )
        from tokens
        having
            count(distinct alternative) filter (where token_words <> [] and not is_excluded and not is_or)
            <= count(*) filter (where is_or)
    ),

    terms as (
        select
            cast(alternative as integer) as alternative,
            is_excluded,
            unnest(
                if(
                    is_quoted or is_excluded or is_prefix,
                    [' ' || array_to_string(token_words, '  ') || if(is_prefix and not is_quoted, '', ' ')],
                    list_transform(token_words, lambda word: ' ' || word || ' ')
                )
            ) as term
        from tokens
        where not is_or and token_words <> []
    )

    -- One row in any case, so that what is not understood is said.
    select
        case
            when count(*) = 0 then (
                select list({'alternative': alternative, 'is_excluded': is_excluded, 'term': term}) from terms
            )
            else error('the search ''' || text || ''' is not understood: ' || arg_min(problem, place))
        end
    from judged
    where problem is not null
)
