/*
chapter: Building blocks
question: Which grain does an analyst mean?
definition: the grain as it is written
edge_cases: an unknown one is an error that names all
example: select grain_named('quarter')
signature: grain
returns: varchar
*/
if(
    grain in ('hour', 'day', 'week', 'month', 'quarter', 'year'),
    grain,
    error('there is no grain ''' || grain || '''; there are hour, day, week, month, quarter and year')
)
