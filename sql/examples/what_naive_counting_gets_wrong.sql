/*
question: Which headline numbers change when the same article counts once?
answer:
  - [articles, 20.0, 19.0]
  - [articles with an address, 20.0, 19.0]
  - [concentration (HHI) by host, 0.06, 0.0581717452]
  - [share of voice of Forbes, 0.1, 0.105263158]
  - [lags, 19.0, 18.0]
  - [median lag in minutes, 1081.0, 746.0]
  - [typical lag in minutes, 1707.94737, 746.0]
  - [share of articles ahead of the lead, 0.157894737, 0.166666667]
*/
select metric, naive_value, correct_value
from naive_against_correct
where abs(naive_value - correct_value) > 1e-9
