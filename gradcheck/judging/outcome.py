"""The two sides of a case, and what is found out about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb

from gradcheck.cases import Case
from gradcheck.claim import Status
from gradcheck.expressions import Derivative, Expression, Point, Value
from gradcheck.numbers.ball_arrays import filled
from gradcheck.verdict import Branch, Counterexample, Evidence

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Outcome:
    """What was found about one case, or about several merged."""

    status: Status
    certified: bool = False
    digits: int | None = None
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()
    counterexample: Counterexample | None = None
    diagnosis: str = ""
    branches: tuple[Branch, ...] = ()
    sample: Counterexample | None = None
    points: int = 0
    kinks: int = 0
    notes: tuple[str, ...] = ()
    failing: Point | None = None
    wrong: int = 0
    entries: int = 0
    detection: float | None = None
    mutants: int = 0
    survivors: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Comparable:
    """The two sides of one case: an expression that is claimed, and one that is true."""

    case: Case
    claimed: Expression
    truth: Expression

    @property
    def elementwise(self) -> bool:
        """Whether the claimed array is the diagonal of the Jacobian that is true."""
        return isinstance(self.truth, Derivative) and self.truth.kind == "derivative"

    def balls(self, point: Point) -> tuple[Array, Array]:
        """Both sides enclosed, in the same shape, at the precision in force."""
        claimed, true = self.claimed.balls(point), self.truth.balls(point)
        return (self.spread(claimed) if self.elementwise else claimed), true

    def spread(self, values: Array) -> Array:
        """An elementwise derivative as the diagonal Jacobian that it stands for."""
        flat = values.ravel()
        shape = (flat.size, flat.size)
        result = filled(arb(0), shape) if values.dtype == object else np.zeros(shape)
        result.reshape(-1)[:: flat.size + 1] = flat
        return result

    def claimed_floats(self, point: Point) -> Array:
        """What is claimed, in float64, in the shape that is compared."""
        assert isinstance(self.claimed, Value), "only a value is evaluated in floats as a claim"
        values = np.asarray(self.claimed.floats(point), dtype=np.float64)
        return self.spread(values) if self.elementwise else values
