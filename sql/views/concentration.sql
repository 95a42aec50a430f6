/*
chapter: Who covers how much
question: How concentrated is the coverage on few providers or publishers?
definition: >
  Over the shares s of the units: HHI = sum of s^2 (Herfindahl 1950, Hirschman 1945), effective number = 1 / HHI,
  entropy = -sum of s * log2 s (Shannon 1948), Gini over the counts, CR1 and CR4 = share of the largest one and four.
grain: one row per counted_by and population
edge_cases: >
  units without coverage do not count; a host and a publisher are not the same, so each row says which it counts
headline: true
example: select counted_by, population, hhi, effective_number from concentration
*/
select counted_by, population, unit_count, total_count, hhi, effective_number, entropy_bits, gini, cr1, cr4
from concentration_for()
