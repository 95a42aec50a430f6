/*
chapter: Who covers how much
question: How concentrated is the coverage on few providers or publishers?
definition: >
  Over the shares s of the units: HHI = sum of s^2 (Herfindahl 1950, Hirschman 1945), effective number = 1 / HHI, entropy =
  -sum of s * log2 s (Shannon 1948), Gini over the counts, CR1 and CR4 = share of the largest one and four.
grain: one row per counted_by and population
denominator: "`articles`: distinct articles; `entries`: leads and related entries that mention them, under the unit of the article"
edge_cases: units without coverage do not count; a host and a publisher are not the same, so each row says which it counts
example: select counted_by, population, hhi, effective_number from concentration
columns:
  counted_by: "`provider` (host) or `publisher` (who wrote it)"
  population: "`articles` or `entries`"
  unit_count: providers or publishers
  total_count: articles or entries
  hhi: sum of squared shares, from 1 / unit_count to 1
  effective_number: number of equal units with the same hhi
  entropy_bits: Shannon entropy of the shares
  gini: inequality of the counts, 0 = all equal
  cr1: share of the largest unit
  cr4: share of the four largest units
*/
select
    counted_by,
    population,
    unit_count,
    total_count,
    hhi,
    effective_number,
    entropy_bits,
    gini,
    cr1,
    cr4
from concentration_for()
