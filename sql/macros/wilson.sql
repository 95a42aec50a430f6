/*
chapter: Building blocks
question: What is the 95 % interval of a rate?
definition: >
  Wilson score interval with z = 1.959964, s successes and n trials: (s + z^2/2 -+ z * sqrt(s(1-s/n) + z^2/4)) / (n +
  z^2). E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.
edge_cases: null without trials; never below 0 or above 1; fractional successes (shared credit) are allowed
example: select wilson(8, 10).low, wilson(8, 10).high
signature: successes, trials
parameters:
  successes: how often it happened
  trials: how often it could have happened
returns: struct(low double, high double)
*/
-- Doubles: z^2 / 2, z, z^2 / 4 and z^2.
{
    'low': case
        when trials > 0 and successes = 0 then 0.0
        when trials > 0 then greatest(0.0, (
            successes + 1.9207294103470627e0
            - 1.959963984540054e0 * sqrt(successes * greatest(0.0, 1 - successes / trials) + 0.9603647051735313e0)
        ) / (trials + 3.8414588206941254e0))
    end,
    'high': case
        when trials > 0 and successes = trials then 1.0
        when trials > 0 then least(1.0, (
            successes + 1.9207294103470627e0
            + 1.959963984540054e0 * sqrt(successes * greatest(0.0, 1 - successes / trials) + 0.9603647051735313e0)
        ) / (trials + 3.8414588206941254e0))
    end
}
