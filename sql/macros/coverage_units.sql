/*
chapter: Building blocks
question: Which units can coverage be counted by?
definition: hosts (providers) or those who wrote it (publishers); the columns of the other kind are null
grain: one row per provider, or one row per publisher
edge_cases: anything but 'provider' and 'publisher' is an error
example: from coverage_units('publisher') limit 5
signature: counted_by
parameters:
  counted_by: "'provider' (host) or 'publisher' (who wrote it); columns of the other are null"
columns:
  provider_domain: host domain
*/
select
    provider_id as unit_id, domain as provider_domain, name as provider_name, null as publisher_key,
    null as publisher_name, provider_id, null as publisher_id
from providers
where
    case counted_by
        when 'provider' then true
        when 'publisher' then false
        else error('counted_by is ''provider'' or ''publisher''')
    end
union all
select publisher_id, null, null, publisher_key, name, null, publisher_id
from publishers
where counted_by = 'publisher'
