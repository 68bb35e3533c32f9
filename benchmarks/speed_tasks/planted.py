"""Derivatives with errors planted in them: which checkers see an error of 1e-4, and one entry among many.

Three kinds, each 40 times: every entry off by the factor 1 + 1e-4; 1e-4 added to one entry; and, in a gradient of 10^5
numbers, the largest entry doubled. The first two are planted in the forty formulas, the third in forty losses that differ in
their points.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from speed_tasks.formulas import Formula, formulas
from speed_tasks.large import Task, loss

Array = numpy.ndarray[Any, numpy.dtype[Any]]
SIZE = 1e-4
MANY = 100_000


def off_everywhere(np: Any) -> list[Formula]:
    """The forty formulas, each with a derivative that is (1 + 1e-4) times the right one."""
    return [_with(formula, lambda d: d * (1 + SIZE)) for formula in formulas(np)]


def off_in_one_entry(np: Any) -> list[Formula]:
    """The forty formulas, each with 1e-4 added to one entry, in the middle of the derivative as it is printed."""
    found = []
    for formula, plain in zip(formulas(np), formulas(numpy), strict=True):
        size = plain.claim(formula.point).size
        found.append(_with(formula, _spoilt(np, size // 2, lambda entry: entry + SIZE)))
    return found


def doubled_largest(np: Any, n: int = MANY) -> list[Task]:
    """Forty losses of n parameters, each with the largest entry of the gradient doubled."""
    found = []
    for seed in range(40):
        right = loss(np, n)
        point = numpy.random.default_rng(100 + seed).uniform(-2, 2, n)
        place = int(numpy.argmax(numpy.abs(2 * point / (1 + point**2))))
        spoil = _spoilt(np, place, lambda entry: 2 * entry)

        def gradient(w: Any, right: Task = right, spoil: Callable[[Any], Any] = spoil) -> Any:
            return spoil(right.claim(w))

        def vjp(g: Any, w: Any, gradient: Callable[[Any], Any] = gradient) -> Any:
            return g * gradient(w)

        found.append(Task(f"loss {seed}", point, right.primal, "gradient", gradient, vjp))
    return found


def faults(np: Any, n: int = 1_000_000, count: int = 100, seed: int = 7) -> tuple[Task, list[int]]:
    """A loss of n parameters with ``count`` wrong entries in its gradient (each 1 % too large), and where they are."""
    right = loss(np, n)
    places = sorted(numpy.random.default_rng(seed).choice(n, count, replace=False).tolist())
    factors = numpy.ones(n)
    factors[places] = 1.01
    off = _point(np, factors)

    def gradient(w: Any) -> Any:
        return right.claim(w) * off

    task = Task(f"{count} faults", right.point, right.primal, "gradient", gradient, lambda g, w: g * gradient(w))
    return task, places


def _with(formula: Formula, spoil: Callable[[Any], Any]) -> Formula:
    return Formula(formula.name, formula.point, formula.primal, formula.form, lambda x: spoil(formula.claim(x)))


def _spoilt(np: Any, place: int, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What changes one entry of an array, by its place in row-major order."""

    def spoil(array: Any) -> Any:
        at = numpy.arange(numpy.prod(tuple(array.shape), dtype=int)) == place
        mask = _point(np, at.reshape(tuple(array.shape)))
        return np.where(mask, change(array), array)

    return spoil


def _point(np: Any, value: Array) -> Any:
    return np.asarray(value) if np.__name__ == "torch" else value
