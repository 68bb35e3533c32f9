"""What a verdict shows of a point: its entries, the worst first, and the comparisons that were visited."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.compare import Comparison, text
from gradcheck.expressions import Derivative, Point, Value
from gradcheck.judging.outcome import Comparable
from gradcheck.numbers.balls import RADIUS, midpoints, precision
from gradcheck.numbers.plan import in_library, plan_of
from gradcheck.program.program import Program
from gradcheck.verdict import Branch, Counterexample, Entry

Array = np.ndarray[Any, np.dtype[Any]]

MOST_ENTRIES = 12


def example_at(
    sides: Comparable, point: Point, claimed: Array, true: Array, comparison: Comparison, later: bool = False
) -> Counterexample:
    """The entries at a point, wrong ones first and the worst of those first; written `later`, if somebody looks at them."""

    def entries() -> tuple[Entry, ...]:
        return _entries(claimed, true, comparison.wrong)

    inputs, given = plain(point), sides.case.given
    return Counterexample.later(inputs, entries, given) if later else Counterexample(inputs, entries(), given)


def _entries(claimed: Array, true: Array, wrong: Array) -> tuple[Entry, ...]:
    entries = []
    with precision(256):
        gap = np.maximum(np.abs(midpoints(claimed - true)) - np.asarray(RADIUS(true), dtype=np.float64), 0.0)
        rank = np.lexsort((-np.ravel(gap), ~np.ravel(wrong)))[:MOST_ENTRIES]
        for place in zip(*np.unravel_index(rank, wrong.shape), strict=True) if wrong.shape else [()]:
            index = tuple(map(int, place))
            ball = claimed[index]
            said = text(ball) if ball.is_finite() else "no finite value"
            entries.append(Entry(index, said, text(true[index]), float(gap[index]), bool(wrong[index])))
    return tuple(entries)


def plain(point: Point) -> dict[str, Any]:
    """The point as nested lists of numbers."""
    return {name: np.asarray(value).tolist() for name, value in point.items()}


def visited(sides: Comparable) -> tuple[Branch, ...]:
    """The comparisons in the programs of both sides, and how often each side was taken."""
    values = [side.primal if isinstance(side, Derivative) else side for side in (sides.truth, sides.claimed)]
    return tuple(branch for value in values if isinstance(value, Value) for branch in visited_by(value))


def visited_by(value: Value) -> tuple[Branch, ...]:
    """The comparisons in one program, and how often each side was taken."""
    program = value.program
    if not isinstance(program, Program):
        return ()
    plan = plan_of(program)
    branches = []
    for position, visits in sorted(value.visits.items()):
        if in_library(plan.instructions[position]):
            continue
        where = f"{plan.instructions[position].name} at {plan.place(position)}, in {value.name}"
        branches.append(Branch(where, visits.true, visits.false, visits.tied))
    return tuple(branches)


def worst(gap: Array) -> tuple[int, ...]:
    """The index of the largest entry."""
    return tuple(map(int, np.unravel_index(gap.argmax(), gap.shape))) if gap.shape else ()


def is_jacobian(sides: Comparable) -> bool:
    """Whether what is compared is outputs × inputs, so that a diagonal means something."""
    truth = sides.truth
    return isinstance(truth, Derivative) and truth.kind in ("jacobian", "derivative")
