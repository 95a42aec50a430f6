/*
chapter: Building blocks
question: What is the 95 % interval of a rate?
definition: >
  Wilson score interval with z = 1.959964: (p + z^2/2n -+ z * sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), p = successes /
  trials. E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.
edge_cases: null without trials; never below 0 or above 1; fractional successes (shared credit) are allowed
example: select wilson(8, 10).low, wilson(8, 10).high
signature: successes, trials
parameters:
  successes: how often it happened
  trials: how often it could have happened
returns: struct(low double, high double)
*/
{
    'low': case
        when trials > 0 and successes = 0 then 0.0
        when trials > 0 then greatest(0.0, (
            successes / trials + 1.959963984540054 ** 2 / (2 * trials) - 1.959963984540054 * sqrt(
                (successes / trials) * greatest(0.0, 1 - successes / trials) / trials
                + 1.959963984540054 ** 2 / (4 * trials ** 2)
            )
        ) / (1 + 1.959963984540054 ** 2 / trials))
    end,
    'high': case
        when trials > 0 and successes = trials then 1.0
        when trials > 0 then least(1.0, (
            successes / trials + 1.959963984540054 ** 2 / (2 * trials) + 1.959963984540054 * sqrt(
                (successes / trials) * greatest(0.0, 1 - successes / trials) / trials
                + 1.959963984540054 ** 2 / (4 * trials ** 2)
            )
        ) / (1 + 1.959963984540054 ** 2 / trials))
    end
}
