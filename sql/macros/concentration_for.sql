/*
chapter: Who covers how much
question: >
  How concentrated is the coverage of a topic, a period, a provider or a publisher on few providers or publishers?
definition: >
  Over the shares s of the units: HHI = sum of s^2 (Herfindahl 1950, Hirschman 1945), effective number = 1 / HHI,
  entropy = -sum of s * log2 s (Shannon 1948), Gini = sum of (2i - n - 1) * x_i / (n * sum of x) over the counts x in
  ascending order, CR1 and CR4 = share of the largest one and four.
grain: one row per counted_by and population
denominator: >
  `articles`: distinct articles; `entries`: leads and related entries that mention them, under the unit of the article
edge_cases: units without coverage do not count; no row without an article
example: select counted_by, hhi from concentration_for(query := 'recognition')
signature: >
  source = null, topic = null, query = null, from_date = null, to_date = null, provider = null, publisher = null
columns:
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
with
-- Materialized: else the plan of a search is copied into each step that follows.
articles_of_units as materialized (
    select provider_id, publisher_id, count(*) as article_count, sum(entry_count) as entry_count
    from articles_for(source, topic, query, from_date, to_date, provider := provider, publisher := publisher)
    group by provider_id, publisher_id
),

-- Each read once: what is read several times, DuckDB before 1.4 plans as often.
counts as (
    select
        unnest([
            {'counted_by': 'provider', 'population': 'articles', 'unit_id': provider_id, 'unit_total': article_count},
            {'counted_by': 'provider', 'population': 'entries', 'unit_id': provider_id, 'unit_total': entry_count},
            {'counted_by': 'publisher', 'population': 'articles', 'unit_id': publisher_id, 'unit_total': article_count},
            {'counted_by': 'publisher', 'population': 'entries', 'unit_id': publisher_id, 'unit_total': entry_count}
        ]) as entry
    from articles_of_units
),

counts_of_unit as (
    select
        entry.counted_by, entry.population,
        sum(entry.unit_total) as unit_total
    from counts
    group by entry.counted_by, entry.population, entry.unit_id
),

ranked_units as (
    select
        counted_by, population, unit_total,
        unit_total / sum(unit_total) over whole as share,
        row_number() over (partition by counted_by, population order by unit_total) as ascending_rank,
        row_number() over (partition by counted_by, population order by unit_total desc) as descending_rank,
        count(*) over whole as unit_count
    from counts_of_unit
    window whole as (partition by counted_by, population)
)

-- Added up in the order of size: in any order, the last digit would differ from call to call.
select
    counted_by, population,
    count(*) as unit_count,
    cast(sum(unit_total) as bigint) as total_count,
    sum(share * share order by descending_rank) as hhi,
    1 / sum(share * share order by descending_rank) as effective_number,
    abs(sum(share * log2(share) order by descending_rank)) as entropy_bits,
    sum((2 * ascending_rank - unit_count - 1) * share order by descending_rank) / count(*) as gini,
    sum(share) filter (where descending_rank = 1) as cr1,
    sum(share order by descending_rank) filter (where descending_rank <= 4) as cr4
from ranked_units
group by counted_by, population
order by counted_by, population
