/*
chapter: Building blocks
question: How is the beginning of a period written?
definition: with its time for an hour, as a date for all longer periods
edge_cases: an unknown grain is an error that names the nearest ones; the type depends on the grain, so it is a constant
example: select period_named(timestamp '2020-06-01 00:00:00', 'month')
signature: started_at, grain
parameters:
  started_at: first instant of the period
returns: timestamp or date
*/
struct_extract(
    {
        'hour': started_at,
        'day': cast(started_at as date),
        'week': cast(started_at as date),
        'month': cast(started_at as date),
        'quarter': cast(started_at as date),
        'year': cast(started_at as date)
    },
    grain
)
