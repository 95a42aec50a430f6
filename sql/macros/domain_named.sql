/*
chapter: Building blocks
question: Which domain is meant by what an analyst types?
definition: >
  the host in lower case, without scheme, user, port, final dot, leading `www.` and whatever follows it, as in
  providers.domain; of a provider's domain in punycode, the domain
edge_cases: null for null; it need not be the domain of a provider, but then punycode stays
example: select domain_named('https://www.CNET.com/')
signature: typed
parameters:
  typed: a domain, or an address that was copied
returns: varchar
*/
(
    select coalesce(min(providers.domain), asked.bare)
    from (
        select host, regexp_replace(host, '^(?:(?:www[0-9]*|m|mobile|amp)[.])+([^.]+[.].+)$', '\1') as bare
        from (
            select
                regexp_extract(
                    lower(nfc_normalize(trim(typed))),
                    '^(?:https?:)?(?://)?(?:[^/?#@]*@)?([^/?#:]*?)[.]?(?:[/?#:]|$)',
                    1
                ) as host
        )
    ) as asked
    -- As it is written first: below `co.uk`, anybody may own the name `m`.
    left join providers
        on
            providers.domain in (asked.host, asked.bare)
            or providers.ascii_domain in (asked.host, asked.bare)
    group by asked.bare
)
