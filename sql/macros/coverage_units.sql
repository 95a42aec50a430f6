/*
chapter: Building blocks
question: Which units can coverage be counted by?
definition: hosts (providers) or those who wrote it (publishers), with the same three columns
grain: one row per provider, or one row per publisher
edge_cases: anything but 'provider' and 'publisher' is an error
example: from coverage_units('publisher') limit 5
parameters:
  counted_by: "'provider' or 'publisher'"
columns:
  unit_key: domain, or key of the publisher
  unit_name: name of the provider or publisher
  unit_id: key of the provider or publisher
*/
select
    domain as unit_key,
    name as unit_name,
    provider_id as unit_id
from providers
where
    case counted_by
        when 'provider' then true
        when 'publisher' then false
        else error('counted_by is ''provider'' or ''publisher''')
    end
union all
select
    publisher_key,
    name,
    publisher_id
from publishers
where counted_by = 'publisher'
