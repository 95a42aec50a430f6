/*
chapter: Building blocks
question: Which domain is meant by what an analyst types?
definition: >
  the host in lower case, without scheme, user, port, final dot, leading `www.` and whatever follows it, as in
  providers.domain
edge_cases: null for null; it need not be the domain of a provider
example: select domain_named('https://www.CNET.com/')
signature: typed
parameters:
  typed: a domain, or an address that was copied
returns: varchar
*/
regexp_replace(
    regexp_extract(lower(trim(typed)), '^(?:https?:)?(?://)?(?:[^/?#@]*@)?([^/?#:]*?)[.]?(?:[/?#:]|$)', 1),
    '^(?:(?:www[0-9]*|m|mobile|amp)[.])+([^.]+[.].+)$',
    '\1'
)
