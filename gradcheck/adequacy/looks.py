"""What is claimed at points: at those that were visited, and at further ones of the domain."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from gradcheck.adequacy.altered import MOST_SINGLE
from gradcheck.adequacy.candidates import pool
from gradcheck.adequacy.coverage import admitted
from gradcheck.adequacy.effort import effort
from gradcheck.adequacy.margins import Array, padded, watch
from gradcheck.cases import Case
from gradcheck.expressions import EvaluationError, Point, Value
from gradcheck.numbers.batching import NoBatchingRuleError
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run_batched
from gradcheck.program.program import Program

_MOST_RUN = 1e8  # numbers computed in a look at all points
_MORE = 24  # further points looked at
_FEWEST = 3  # of them, where points are large
_MOST_DRAWN = 200_000  # numbers in them together
_MORE_CALLS = 6  # the same where each is a call of a function that could not be traced


@dataclass(frozen=True, eq=False)
class Look:
    """A point and what is claimed there."""

    point: Point
    claimed: Array


def further(case: Case, primal: Value, claimed: Value, looks: Sequence[Look], seed: int) -> list[Look]:
    """Further points of the case where both functions are finite, with what is claimed there."""
    rng = np.random.default_rng([seed, 1, *case.claim.name.encode()])
    count = _MORE if isinstance(claimed.program, Program) else _MORE_CALLS
    count = max(_FEWEST, min(count, _MOST_DRAWN // max(case.numbers, 1)))
    points = list(itertools.islice(pool(case, [look.point for look in looks], [], rng), count))
    points = [point for point in points if admitted(case, point)]
    return looks_at(primal, claimed, points, looks[0].claimed.shape)


def looks_at(
    primal: Value, claimed: Value, points: Sequence[Point], shape: tuple[int, ...] | None = None
) -> list[Look]:
    """What is claimed at those points where both functions are finite and no comparison of the primal is tied.

    All of it has one `shape`, the first that is met where none is given: that of a black box may depend on an argument.
    """
    found = []
    for point, said, fit in zip(points, _values(claimed, points), _fit(primal, points), strict=False):
        if fit and said is not None and np.all(np.isfinite(said)):
            shape = said.shape if shape is None else shape
            if said.shape == shape:
                found.append(Look(point, said))
    return found


def affordable(primal: Value, claimed: Value, points: Sequence[Point]) -> Sequence[Point]:
    """As many of the points as may be run at once, and two at least."""
    efforts = (effort(value.program)[0] for value in (primal, claimed) if isinstance(value.program, Program))
    return points[: max(2, int(_MOST_RUN / (1 + sum(efforts))))]


def _values(value: Value, points: Sequence[Point]) -> Sequence[Array | None]:
    """What a function computes at each point; None where it raises."""
    program = value.program
    if isinstance(program, Program) and program.inputs and points:
        count, rows = padded(stacked(value, points), len(points))
        with suppress(NoBatchingRuleError):
            (found,) = run_batched(program, rows, [True] * len(rows), count, Floats(np.float64))
            return list(found[: len(points)])
        points = points[:MOST_SINGLE]
    return [_single(value, point) for point in points]


def _single(value: Value, point: Point) -> Array | None:
    try:
        return np.asarray(value.floats(point), dtype=np.float64)
    except EvaluationError:
        return None


def _fit(primal: Value, points: Sequence[Point]) -> Sequence[bool]:
    """At which points the primal is finite, and none of its comparisons tied: at a tie, more than one slope may be right."""
    program = primal.program
    if isinstance(program, Program) and program.inputs and points:
        watched = watch(program, stacked(primal, points), len(points))
        ties = [margins.tied for margins in watched.margins.values()]
        return list(watched.finite & ~np.logical_or.reduce(ties)) if ties else list(watched.finite)
    return [found is not None and bool(np.all(np.isfinite(found))) for found in _values(primal, points)]


def stacked(value: Value, points: Sequence[Point]) -> list[Array]:
    """The arguments of a function at all points, each with an axis of points in front."""
    return [np.stack([np.asarray(point[name]) for point in points]) for name in value.arguments]
