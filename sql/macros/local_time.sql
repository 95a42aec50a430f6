/*
chapter: Building blocks
question: What do clocks in a time zone show at an instant?
definition: the instant, UTC, as local time, daylight saving included
edge_cases: an unknown zone is an error that names the nearest ones
example: select local_time(timestamp '2020-06-17 17:03:00', 'America/New_York')
signature: instant, time_zone
parameters:
  instant: an instant, UTC
returns: timestamp
*/
timezone(time_zone, timezone('UTC', cast(instant as timestamp)))
