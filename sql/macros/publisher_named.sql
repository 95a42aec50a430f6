/*
chapter: Building blocks
question: Which publisher is meant by what an analyst types?
definition: >
  the key of the publisher with this publisher_key; else of the one with this domain, see domain_named; else of the only
  one with this name, in any letter case and either form of its accents
edge_cases: >
  null for null; what no publisher has is an error that names the nearest ones, and so is a name that several have
example: select publisher_named('CNET')
signature: typed
parameters:
  typed: a domain, an address that was copied, a publisher_key or a name
returns: bigint
lazy: true
*/
coalesce(
    (select min(publishers.publisher_id) from publishers where publishers.publisher_key = trim(typed)),
    (select min(publishers.publisher_id) from publishers where publishers.domain = domain_named(typed)),
    (
        select if(count(*) = 1, min(publishers.publisher_id), null)
        from publishers
        where lower(nfc_normalize(publishers.name)) = lower(nfc_normalize(trim(typed)))
    ),
    cast(
        error(
            not_found(
                'publisher',
                typed,
                (
                    select
                        string_agg(nearest.publisher_key, ', ' order by nearest.similarity desc, nearest.publisher_key)
                    from (
                        select
                            publishers.publisher_key,
                            greatest(
                                jaro_winkler_similarity(publishers.publisher_key, domain_named(typed)),
                                jaro_winkler_similarity(lower(publishers.name), lower(trim(typed)))
                            ) as similarity
                        from publishers
                        order by similarity desc, publishers.publisher_key
                        limit 3
                    ) as nearest
                )
            )
        ) as bigint
    )
)
