/*
chapter: Building blocks
question: Which provider is meant by what an analyst types?
definition: the key of the provider with this domain; see domain_named
edge_cases: null for null; a domain that no provider has is an error that names the nearest ones
example: select provider_named('https://www.CNET.com/')
signature: typed
parameters:
  typed: a domain, or an address that was copied
returns: bigint
*/
case
    when typed is not null then coalesce(
        (select min(providers.provider_id) from providers where providers.domain = domain_named(typed)),
        cast(
            error(
                not_found(
                    'provider',
                    typed,
                    (
                        select string_agg(nearest.domain, ', ' order by nearest.similarity desc, nearest.domain)
                        from (
                            select
                                providers.domain,
                                jaro_winkler_similarity(providers.domain, domain_named(typed)) as similarity
                            from providers
                            where providers.domain is not null
                            order by similarity desc, providers.domain
                            limit 3
                        ) as nearest
                    )
                )
            ) as bigint
        )
    )
end
