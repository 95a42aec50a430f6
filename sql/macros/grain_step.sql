/*
chapter: Building blocks
question: How long is a period?
definition: the time from the beginning of one period to that of the next
edge_cases: null for an unknown grain
example: select grain_step('quarter')
signature: grain
returns: interval
*/
case grain
    when 'hour' then interval 1 hour
    when 'day' then interval 1 day
    when 'week' then interval 7 day
    when 'month' then interval 1 month
    when 'quarter' then interval 3 month
    when 'year' then interval 1 year
end
