/*
chapter: Building blocks
question: Which domain is meant by what an analyst types?
definition: the host in lower case, without scheme, leading `www.` and whatever follows it, as in providers.domain
edge_cases: null for null; it need not be the domain of a provider
example: select domain_named('https://www.CNET.com/')
signature: typed
parameters:
  typed: a domain, or an address that was copied
returns: varchar
*/
regexp_extract(lower(trim(typed)), '^(?:https?://)?(?:www\.)?([^/]*)', 1)
