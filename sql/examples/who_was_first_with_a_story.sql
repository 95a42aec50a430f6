/*
question: Who was first with the story on Microsoft and the DEA?
answer:
  - ['Microsoft tried to sell facial recognition technology to the DEA, emails show', CNET, 3.0, false]
*/
select title, first_mover_name, margin_minutes, is_clock_safe
from find_stories('microsoft dea')
limit 1
