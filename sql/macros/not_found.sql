/*
chapter: Building blocks
question: What is said when a name is nowhere in the warehouse?
definition: the kind of thing, the name as typed, and the names nearest to it by Jaro-Winkler similarity (Winkler 1990)
edge_cases: without any name of that kind, that is said
example: select not_found('topic', 'gams', 'games, gaming')
signature: kind, typed, nearest
parameters:
  kind: what was looked for
  typed: what the analyst typed
  nearest: the nearest names, separated by commas; null = there are none
returns: varchar
*/
'there is no ' || kind || ' ''' || cast(typed as varchar) || '''; '
|| coalesce('the nearest are: ' || nearest, 'the warehouse has none')
