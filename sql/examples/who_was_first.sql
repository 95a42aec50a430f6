/*
question: Who was first with the story, and is the verdict safe from a wrong clock?
answer:
  - [CNET, 3.0, false]
*/
select provider_name, margin_minutes, is_clock_safe
from first_mover_by_story
