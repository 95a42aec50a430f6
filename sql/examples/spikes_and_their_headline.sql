/*
question: Which were the spikes of coverage, and on what?
corpus: generated
answer:
  - ['2020-12-28', 25, 'Dovetail Motors confirms support for older devices, emails show']
  - ['2020-10-19', 50, "Halcyon Systems is said to end a faster charging network, here's why it matters"]
  - ['2019-02-04', 25, Ironwood Robotics confirms plans for a second plant after months of silence]
*/
select week_start, article_count, title
from bursts
order by z_score desc limit 3
