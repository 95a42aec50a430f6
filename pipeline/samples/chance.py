"""Chance that is the same everywhere: all of it comes from `random.random()`, whose sequence Python guarantees."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A sequence of draws that its name decides."""

    def __init__(self, name: str) -> None:
        self.draw = random.Random(name).random

    def one_of(self, values: Sequence[T]) -> T:
        """One of the values, each as likely as the others."""
        return values[int(self.draw() * len(values))]

    def below(self, limit: int) -> int:
        """A whole number from 0, below the limit."""
        return int(self.draw() * limit)

    def shuffle(self, values: list[T]) -> None:
        """Bring the values into another order."""
        for place in range(len(values) - 1, 0, -1):
            other = self.below(place + 1)
            values[place], values[other] = values[other], values[place]


def zipf(values: Sequence[T], tickets: int) -> list[T]:
    """Each value as often as its share of some `tickets`, the k-th with 1/k of the first: one draw is one look-up."""
    return [value for rank, value in enumerate(values, start=1) for _ in range(max(1, tickets // rank))]
