"""How the steps of `make_tables` are carried out: to make the tables, or only to note what each is made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec, Protocol, TypeVar, cast

import polars as pl

#: The rows of a table in as many lazy frames as its long texts make advisable: one part is in memory at a time.
Parts = Sequence[pl.LazyFrame]
Write = Callable[[str, Parts], pl.LazyFrame]
_Given = ParamSpec("_Given")
_Value = TypeVar("_Value")


class Steps(Protocol):
    """Two kinds of steps. What a step is given are values of earlier steps, nothing else."""

    def value(self, function: Callable[_Given, _Value], *given: _Given.args, **named: _Given.kwargs) -> _Value:
        """A value that later steps need."""

    def table(self, function: Callable[_Given, Parts], *given: _Given.args, **named: _Given.kwargs) -> pl.LazyFrame:
        """A table, named as its function; the frame reads it where it was written."""


@dataclass(frozen=True)
class Make:
    """Every step is done when it is asked for, and tables are written at once."""

    write: Write

    def value(self, function: Callable[_Given, _Value], *given: _Given.args, **named: _Given.kwargs) -> _Value:
        return function(*given, **named)

    def table(self, function: Callable[_Given, Parts], *given: _Given.args, **named: _Given.kwargs) -> pl.LazyFrame:
        return self.write(function.__name__, function(*given, **named))


@dataclass(frozen=True)
class Note:
    """Nothing is computed: values are placeholders, and what counts is which table was made from which."""

    #: The function of each table, and what it is made from: other tables, `source_files` and reference files.
    functions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    made_from: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _origins: dict[object, frozenset[str]] = field(default_factory=dict)

    def given(self, *names: str) -> Any:
        """A placeholder for a value that is made from these."""
        placeholder = object()
        self._origins[placeholder] = frozenset(names)
        return placeholder

    def value(self, function: Callable[_Given, _Value], *given: _Given.args, **named: _Given.kwargs) -> _Value:
        """What is made from nothing is read from a reference file of that name."""
        return cast(_Value, self.given(*self._names(given)) if given else self.given(f"{function.__name__}.csv"))

    def table(self, function: Callable[_Given, Parts], *given: _Given.args, **named: _Given.kwargs) -> pl.LazyFrame:
        self.functions[function.__name__] = function
        self.made_from[function.__name__] = self._names(given)
        return cast(pl.LazyFrame, self.given(function.__name__))

    def _names(self, given: tuple[Any, ...]) -> tuple[str, ...]:
        return tuple(sorted(frozenset().union(*(self._origins[value] for value in given))))
