/*
chapter: Building blocks
question: In which period was an article published?
definition: beginning of the hour, day, week (from Monday), month, quarter or year, as clocks in a time zone show it
edge_cases: >
  where only the day is written, it is taken for a day of the time zone, and no hour is known; null without a usable
  day
example: select period_started(timestamp '2020-06-17 17:03:00', date '2020-06-17', 'hour', 'America/New_York')
signature: instant, day, grain, time_zone
parameters:
  instant: instant of publication, UTC
  day: day of publication, UTC
returns: timestamp
*/
cast(
    date_trunc(
        grain_named(grain),
        coalesce(local_time(instant, time_zone), if(grain <> 'hour', cast(day as timestamp), null))
    ) as timestamp
)
