/*
chapter: Who is first, who is late
question: How long after the first does each provider enter its stories?
definition: >
  the provider's first entry minus the story's first entry, in stories of two or more providers; quantiles linearly
  interpolated
grain: one row per provider that takes part in a story of two or more providers
denominator: stories with two or more providers in which the provider has a time
edge_cases: 0 for the first mover itself; no minimum n, look at story_count or use behind_first_for
headline: true
example: select provider_name, story_count, median_behind_minutes from behind_first
columns:
  story_count: stories with two or more providers that the provider takes part in
*/
select provider_domain, provider_name, story_count, median_behind_minutes, p75_behind_minutes, provider_id
from behind_first_for(counted_by := 'provider', minimum_count := 1)
