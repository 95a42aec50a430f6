/*
question: Which pages were published again under a new headline?
corpus: generated
answer:
  - ['https://beaconsignal.example/2021/11/cinder-pharma-doubles-down-on-its-quarterly-outlook-3232', 'Cinder Pharma doubles down on its quarterly outlook, sources say', 'Cinder Pharma doubles down on its quarterly outlook, here''s why it matters (updated)']
  - ['https://compassinsider.test/technology.php?id=1509&lang=en', 'Dovetail Games sells facial recognition for offices, and analysts are divided', 'Dovetail Games brings back facial recognition for offices: what we know so far (updated)']
*/
select any_value(url) as url, arg_min(v.title, v.published_at) as first_title, arg_max(v.title, v.published_at) as title
from article_versions as v join articles using (article_id) where url is not null
group by article_id having count(distinct v.title) > 1 order by url limit 2
