"""What a number system answers, and the two ways in which it declines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from gradcheck.numbers.plan import Instruction, Plan

Array = np.ndarray[Any, np.dtype[Any]]
Value = Any  # what a system computes with: an ndarray of floats or of balls, a Jet, an Unsure


class NoRuleError(Exception):
    """The number system has no rule for a primitive; the message is the primitive's name, for the verdict to quote."""


class CannotDecideError(Exception):
    """A branch, an index or a trip count depends on a comparison that the enclosures leave open."""


@dataclass(frozen=True, eq=False)
class Unsure:
    """Booleans known between two bounds: where ``certain`` is true they hold, where ``possible`` is false they do not.

    ``symbols`` names the open ones, for who wants to choose the same side of the same comparison everywhere: numbers of
    which the negative stands for the negation, and 0 for no name. `numbers.kinks` gives them.
    """

    certain: Array
    possible: Array
    symbols: Array | None = None

    __array_ufunc__ = None  # a rule that does not expect open booleans fails instead of computing with them

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the booleans."""
        return tuple(self.certain.shape)


def settle(certain: Array, possible: Array, symbols: Array | None = None) -> Array | Unsure:
    """Plain booleans where all are decided, Unsure otherwise."""
    certain, possible = np.asarray(certain), np.asarray(possible)
    return certain if np.array_equal(certain, possible) else Unsure(certain, possible, symbols)


@dataclass
class Visits:
    """How often the sides of one comparison were taken. ``tied``: undecided, or exactly at the border."""

    true: int = 0
    false: int = 0
    tied: int = 0


class System(Protocol):
    """A number system. Integers and booleans are concrete NumPy arrays in all of them."""

    @property
    def visits(self) -> dict[int, Visits] | None:
        """Where comparisons are counted, by the position of the instruction; None where nobody asked."""

    def enter(self, value: Array, dtype: np.dtype[Any]) -> Value:
        """An input of the program as a value of the system."""

    def leave(self, value: Value) -> Value:
        """An output of the program, as its reader expects it."""

    def constants(self, plan: Plan) -> Mapping[int, Value]:
        """The constants of a plan, by slot."""

    def constant(self, value: Array) -> Value:
        """One constant as a value of the system."""

    def step(self, instruction: Instruction, values: Sequence[Value], position: int) -> Any:
        """The result of one instruction (a list, for those with several results); raises as `apply` does."""

    def rearrange(self, move: Callable[..., Any], params: Mapping[str, Any], data: Sequence[Value]) -> Any:
        """``move(params, *data)``, for a function that moves entries and computes nothing."""

    def apply(self, name: str, params: Mapping[str, Any], values: Sequence[Value], position: int = -1) -> Any:
        """The result of a primitive (a list, for those with several).

        Raises:
            NoRuleError: the system has no rule for the primitive.
            CannotDecideError: the result depends on a comparison that is left open.
        """
