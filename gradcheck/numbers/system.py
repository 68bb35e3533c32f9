"""What a number system answers, and the two ways in which it declines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Value = Any  # what a system computes with: an ndarray of floats or of balls, a Jet, an Unsure


class NoRuleError(Exception):
    """The number system has no rule for a primitive; the message is the primitive's name, for the verdict to quote."""


class CannotDecideError(Exception):
    """A branch, an index or a trip count depends on a comparison that the enclosures leave open."""


@dataclass(frozen=True, eq=False)
class Unsure:
    """Booleans known between two bounds: where ``certain`` is true they hold, where ``possible`` is false they do not."""

    certain: Array
    possible: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the booleans."""
        return self.certain.shape

    @property
    def decided(self) -> bool:
        """Whether nothing is left open."""
        return bool(np.all(self.certain == self.possible))


def settle(certain: Array, possible: Array) -> Array | Unsure:
    """Plain booleans where all are decided, Unsure otherwise."""
    certain, possible = np.asarray(certain), np.asarray(possible)
    return certain if np.array_equal(certain, possible) else Unsure(certain, possible)


@dataclass
class Visits:
    """How often the sides of one comparison were taken. ``tied``: undecided, or exactly at the border."""

    true: int = 0
    false: int = 0
    tied: int = 0


class System(Protocol):
    """A number system. Integers and booleans are concrete NumPy arrays in all of them."""

    name: str

    @property
    def visits(self) -> dict[int, Visits] | None:
        """Counts of the sides taken at each comparison, by instruction; None where nobody counts."""

    def enter(self, value: Array, dtype: np.dtype[Any]) -> Value:
        """An input of the program as a value of the system."""

    def constant(self, value: Array) -> Value:
        """A constant of the program as a value of the system."""

    def apply(self, name: str, params: Mapping[str, Any], values: Sequence[Value], position: int = -1) -> Any:
        """The result of a primitive (a list, for those with several).

        Raises:
            NoRuleError: the system has no rule for the primitive.
            CannotDecideError: the result depends on a comparison that is left open.
        """
