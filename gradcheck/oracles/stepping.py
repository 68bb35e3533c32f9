"""Finite differences along one line, of a function whose evaluations are expensive.

A function of few numbers is given the whole ladder of `finite_differences`. One of many gets four evaluations: with
g(t) = f(x + t v) at t = −h, 0, h and 2h,

    D = (g(h) − g(−h)) / 2h = g'(0) + h² g'''/6 + …,        g(2h) − 3 g(h) + 3 g(0) − g(−h) = h³ g''' + …

so that the third difference tells the truncation; three times what it says is the bar, with what rounding may have done to
two values of g, each a sum of n rounded numbers: a random walk of √n units in the last place. A kink within the steps may
escape four evaluations; who finds that they dissent asks for the ladder.

Two of them do where a value is at hand that agrees with D within the rounding alone: the bar of four is never smaller, so
that whatever passes the two would pass the four.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.oracles import finite_differences

Array = np.ndarray[Any, np.dtype[Any]]

LADDER = 1e5  # numbers that the ladder may compute
TWO, FOUR = 2, 4
STEP = 2.0**-17  # about the cube root of a double's resolution, where truncation and rounding meet
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Slope:
    """The derivative along the line and its bar; infinite or NaN where nothing is known."""

    value: float
    error: float
    evaluations: int

    @property
    def known(self) -> bool:
        """Whether there is a number and a bar."""
        return math.isfinite(self.value) and math.isfinite(self.error)


def along_line(
    function: Callable[[Array], Array],
    x: Array,
    direction: Array,
    work: float,
    ladder: bool = False,
    enough: Callable[[Slope], bool] = lambda _: False,
) -> Slope:
    """The derivative of a function of `x` along a direction; it maps rows of points to rows of outputs, which are summed.

    `work` is about how many numbers one evaluation computes; `ladder` asks for 31 of them whatever they cost. A slope of two
    evaluations, whose bar says nothing of truncation, is told if it is `enough`.
    """
    x = np.asarray(x, dtype=np.float64)
    scale = scale_of(x)

    def values(steps: Array) -> Array:
        points = np.multiply.outer(steps * scale, direction)
        points += x
        return np.asarray(np.sum(function(points), axis=1))

    if ladder or 31 * max(work, x.size) <= LADDER:
        found = finite_differences.differentiate(lambda steps: values(steps[:, 0]).reshape(-1, 1), np.zeros((1, 1)))
        return Slope(float(found.value[0, 0, 0]) / scale, float(found.error[0, 0, 0]) / scale, found.evaluations)
    before, after = (float(value) for value in values(STEP * np.array([-1.0, 1.0])))
    value, error = of_two(before, after, STEP, work)
    slope = Slope(value / scale, error / scale, TWO)
    if enough(slope):
        return slope
    here, beyond = (float(value) for value in values(STEP * np.array([0.0, 2.0])))
    value, error = of_four((before, here, after, beyond), STEP, work)
    return Slope(value / scale, error / scale, FOUR)


def of_two(before: float, after: float, step: float, terms: float) -> tuple[float, float]:
    """The slope at 0, and what rounding may have done to it, from values at −h and h, each a sum of so many terms."""
    return (after - before) / (2 * step), _rounding(terms, before, after) / step


def of_four(values: Sequence[float] | Array, step: float, terms: float) -> tuple[float, float]:
    """The slope at 0 and its bar, from values at −h, 0, h and 2h, each a sum of so many terms."""
    before, here, after, beyond = (float(value) for value in values)
    third = beyond - 3 * after + 3 * here - before
    rounding = _rounding(terms, before, here, after)
    return (after - before) / (2 * step), (abs(third) / 2 + rounding) / step


def _rounding(terms: float, *values: float) -> float:
    """How far two values, each a sum of so many terms, may be off together, halved."""
    return _EPS * (4 + math.sqrt(terms)) * max(map(abs, values))


def scale_of(x: Array) -> float:
    """The size of a middling entry that is not zero, as a power of two; 1 where all are zero."""
    sizes = np.abs(x[:: max(1, x.size // 10_000)])
    sizes = sizes[(sizes > 0) & np.isfinite(sizes)]
    return float(2.0 ** round(math.log2(float(np.median(sizes))))) if sizes.size else 1.0
