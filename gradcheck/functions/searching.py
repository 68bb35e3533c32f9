"""Group testing: which entries of a gradient are wrong, of a function that can only be called.

With random weights σ (from 1/2 to 2, of either sign), and v those of a group G of entries and zero elsewhere, the slope of f
along v is the sum of the group's true entries, each with its weight, and

    R_G = (f(x + h v) − f(x − h v)) / 2h − Σ_{i∈G} σᵢ gᵢ

is what the claim g lacks of it. A group whose R_G is more than its bar holds a wrong entry and is halved: the left half is
asked about, and R of the right one is what remains, so that a fault among n entries costs 2 log₂ n evaluations (R. Dorfman,
"The detection of defective members of large populations", Annals of Mathematical Statistics 14 (1943) 436-440). Errors in
one group cancel only if their sum with these weights does, whatever their sizes have in common.

The bar is that of the whole: three times the truncation that four evaluations along all of σ show, and the rounding of two
values, which fourth differences of values close to each other show, as they contain nothing else. An entry that is found is
asked about once more with a step of a sixteenth: what a kink near the point had done is then another number, and an error
is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.oracles.finite_differences import NOISE_FACTOR
from gradcheck.oracles.stepping import of_four, scale_of

Array = np.ndarray[Any, np.dtype[Any]]

MOST_FOUND = 128  # entries
MOST_ASKED = 8_000  # evaluations
STEP = 2.0**-13
_FINER = 16
_NEAR, _CLOSE, _ORDER = 8, 1024, 4  # values on a part of the step, and the order of their differences
_ALIKE = 0.25  # of a residual that the finer step may change


@dataclass(frozen=True)
class Fault:
    """A wrong entry: its flat place, what is claimed, what finite differences find, and their bar."""

    place: int
    claimed: float
    true: float
    bar: float


def faults(function: Callable[[Array], float], x: Array, claimed: Array, seed: int) -> tuple[list[Fault], int]:
    """The wrong entries of the claimed gradient of a function of flat `x`, and how often the function was evaluated.

    There may be more of them where `MOST_FOUND` are returned, or `MOST_ASKED` evaluations were made.
    """
    search = _Search(function, x, claimed, seed)
    found: list[Fault] = []
    queue = [(0, x.size, *search.whole())]
    while queue and len(found) < MOST_FOUND and search.asked < MOST_ASKED:
        low, high, residual, bar = queue.pop()
        if not abs(residual) > bar:
            continue
        if high - low == 1:
            fault = search.confirmed(low, residual, bar)
            found += [fault] if fault is not None else []
            continue
        middle = (low + high) // 2
        left = search.residual(low, middle)
        queue.append((middle, high, residual - left, bar + search.bar))
        queue.append((low, middle, left, search.bar))
    return found, search.asked


class _Search:
    """What is asked, and how often it was."""

    def __init__(self, function: Callable[[Array], float], x: Array, claimed: Array, seed: int) -> None:
        self.function, self.x, self.claimed = function, x, claimed
        rng = np.random.default_rng([seed, 5])
        self.weights = rng.uniform(0.5, 2.0, x.size) * rng.choice((-1.0, 1.0), x.size)
        self.step = STEP * scale_of(x)
        self.asked = 0
        self.bar = np.inf

    def whole(self) -> tuple[float, float]:
        """R of all entries, and the bar."""
        values = np.array([self._value(0, self.x.size, steps * self.step) for steps in (-1.0, 0.0, 1.0, 2.0)])
        slope, bar = of_four(values, self.step, 0)
        close = np.array([self._value(0, self.x.size, self.step * k / _CLOSE) for k in range(_NEAR)])
        noise = np.max(np.abs(np.diff(close, _ORDER))) / math.sqrt(math.comb(2 * _ORDER, _ORDER))
        self.bar = bar + NOISE_FACTOR * float(noise) / self.step
        return slope - self._claimed(0, self.x.size), self.bar

    def residual(self, low: int, high: int, step: float | None = None) -> float:
        """R of the entries from `low` to `high`."""
        step = step or self.step
        difference = self._value(low, high, step) - self._value(low, high, -step)
        return difference / (2 * step) - self._claimed(low, high)

    def confirmed(self, place: int, residual: float, bar: float) -> Fault | None:
        """The entry as a fault, if a finer step finds it off by as much."""
        again = self.residual(place, place + 1, self.step / _FINER)
        if not abs(again - residual) <= max(_ALIKE * abs(residual), bar):
            return None
        claimed, weight = float(self.claimed[place]), float(self.weights[place])
        return Fault(place, claimed, claimed + residual / weight, bar / abs(weight))

    def _value(self, low: int, high: int, step: float) -> float:
        self.asked += 1
        moved = self.x.copy()
        moved[low:high] += step * self.weights[low:high]
        return self.function(moved)

    def _claimed(self, low: int, high: int) -> float:
        return float(self.claimed[low:high] @ self.weights[low:high])
