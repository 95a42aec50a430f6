/*
chapter: Building blocks
question: Which units can coverage be counted by?
definition: hosts (providers) or those who wrote it (publishers); the columns of the other kind are null
grain: one row per provider, or one row per publisher
edge_cases: anything but 'provider' and 'publisher' is an error
example: from coverage_units('publisher') limit 5
parameters:
  counted_by: "'provider' or 'publisher'"
columns:
  unit_id: key of the provider or publisher
  provider_domain: host domain
  provider_name: most frequent name of the provider
  publisher_key: a domain, or `name:` and the folded name
  publisher_name: name of the publisher
  provider_id: key of the provider
  publisher_id: key of the publisher
*/
select
    provider_id as unit_id,
    domain as provider_domain,
    name as provider_name,
    null as publisher_key,
    null as publisher_name,
    provider_id,
    null as publisher_id
from providers
where
    case counted_by
        when 'provider' then true
        when 'publisher' then false
        else error('counted_by is ''provider'' or ''publisher''')
    end
union all
select
    publisher_id,
    null,
    null,
    publisher_key,
    name,
    null,
    publisher_id
from publishers
where counted_by = 'publisher'
