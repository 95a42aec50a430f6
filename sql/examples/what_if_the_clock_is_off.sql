/*
question: Would CNET still be first if its clock were eight hours behind?
answer:
  - [CNET, 1.0, 0.0]
  - [TechCrunch, 0.0, 1.0]
*/
select provider_name, first_credit, shifted_first_credit
from first_mover_if_shifted('cnet.com', 8)
where first_credit > 0 or shifted_first_credit > 0
order by provider_name
