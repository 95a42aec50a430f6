/*
chapter: Building blocks
question: Which page is meant by an address that an analyst types or copies?
definition: >
  its domain, see domain_named, then path, sorted query and fragment as in articles.canonical_url: without AMP segments,
  trailing slashes, tracking keys and fragments that do not identify, all that is not ASCII as UTF-8 escapes
edge_cases: >
  null for null; AMP caches, viewers and short addresses of videos stay as they are, and are found as they were written
example: select address_named('https://www.cnet.com/amp/news/?utm_source=x#top')
signature: typed
parameters:
  typed: an address
returns: varchar
*/
(
    select
        -- Of no items, array_to_string makes null before DuckDB 1.5.
        domain_named(typed) || coalesce(
            array_to_string(
                list_transform(
                    regexp_extract_all(page_path || coalesce('?' || page_query, '') || page_fragment, '(?s).'),
                    lambda character: if(regexp_matches(character, '[!-~]'), character, url_encode(character))
                ),
                ''
            ),
            ''
        )
    from (
        select
            regexp_replace(
                regexp_replace(regexp_extract(rest, '^[^?#]*'), '^(?:/(?:google-)?amp)+/', '/'), '(?:/(?:amp)?)+$', ''
            ) as page_path,
            nullif(
                array_to_string(
                    list_sort(list_filter(
                        string_split(regexp_extract(rest, '[?]([^#]*)', 1), '&'),
                        lambda pair: pair <> '' and not regexp_matches(pair, tracking)
                    )),
                    '&'
                ),
                ''
            ) as page_query,
            regexp_extract(rest, '#[!/].*$') as page_fragment
        from (select regexp_replace(trim(typed), '^(?:[A-Za-z]+:)?(?://)?[^/?#]*', '') as rest)
        cross join (
            select max(meaning) as tracking from text_forms where kind = 'pattern' and written = 'tracking'
        )
    )
)
