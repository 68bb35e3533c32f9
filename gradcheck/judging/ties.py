"""At a tie, entries that are permitted one by one need not be permitted together.

At x₁ = x₂ the derivative of max(x₁, x₂) may be (1, 0) or (0, 1) or a mean of both, but not (1, 1), though each entry lies
in [0, 1]. Along a direction v the generalized derivative is {g·v}, an interval, whose ends the jets enclose with the same
choice in every entry. So what is claimed, taken along v, must lie in it, for a few dense v of one sign and of both.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcheck.compare import as_balls
from gradcheck.expressions import Derivative, Point
from gradcheck.judging.outcome import Comparable
from gradcheck.numbers.balls import boxed, precision
from gradcheck.numbers.system import CannotDecideError, NoRuleError
from gradcheck.oracles import certified
from gradcheck.program.program import Program

Array = np.ndarray[Any, np.dtype[Any]]

_BITS = 128
_MOST_KINKS = 3
_NEIGHBOURS = 64
_MOST_RUNS = 8192  # of the function, for the slopes at points around a tie
_AROUND = 1e-4  # how far points next to a tie are from it, relative to the largest entry
_STEP = 1e-3  # of differences there, relative to that
_APART = np.frompyfunc(lambda c, t: bool(c.is_finite()) and bool(t.is_finite()) and not bool(c.overlaps(t)), 2, 1)


def outside(sides: Comparable, point: Point, claimed: Array) -> str:
    """Where the claim leaves the generalized derivative along some direction, in words; empty where it does not."""
    truth = sides.truth
    if not isinstance(truth, Derivative) or truth.kind not in ("gradient", "vjp", "jacobian", "derivative"):
        return ""
    program = truth.program
    if not isinstance(program, Program) or truth.layout != "numerator":
        return ""
    size = int(np.prod(truth.shapes[1]))
    along = directions(size)
    inputs = list(truth.primal._pick(point))
    try:
        with precision(_BITS):
            slopes = certified.directional(program, inputs, truth.index, along)
            if truth.kind in ("gradient", "vjp"):
                weights = np.ravel(point["cotangent"]) if truth.kind == "vjp" else np.ones(slopes.shape[0])
                slopes = boxed(np.dot(as_balls(weights), slopes)).reshape(1, -1)
            said = boxed(np.dot(claimed.reshape(-1, size), as_balls(along.T)))
            apart = np.asarray(_APART(said, slopes), dtype=bool)
    except (NoRuleError, CannotDecideError):
        return ""
    if not np.any(apart):
        return ""
    row, column = (int(i) for i in np.argwhere(apart)[0])
    v = "[" + ", ".join(f"{entry:g}" for entry in along[column][:8]) + (", …]" if size > 8 else "]")
    return (
        f"at a tie each entry is permitted by itself, but not all together: along {v} the slope is "
        f"{_interval(slopes[row, column])}, and {float(said[row, column].mid()):.6g} is claimed"
    )


def outside_in_floats(truth: Derivative, point: Point, said: Array, kink: Array) -> bool:
    """The same without balls: whether the claim leaves what slopes at points all around say, along some direction.

    The generalized derivative along v lies between the least and the greatest slope along v at points next to the tie (F. H.
    Clarke, Optimization and Nonsmooth Analysis, 1983, 2.5.1). A few dozen reach all smooth pieces where only two or three
    entries are at a kink; where more are, nothing is said. Noise widens the range, so that it excuses and never accuses.
    """
    size = math.prod(truth.shapes[1])
    if truth.kind not in ("gradient", "vjp", "jacobian", "derivative") or truth.layout != "numerator":
        return False
    kinked = int(np.count_nonzero(np.any(kink.reshape(-1, size), axis=0)))
    x = np.asarray(point[truth.wrt])
    if not 2 <= kinked <= _MOST_KINKS or x.dtype != np.float64:
        return False
    along = directions(size)
    low, high = _slopes_around(truth, point, along, _NEIGHBOURS)
    claimed = (said.reshape(-1, size) @ along.T).T
    return bool(np.any((claimed < low) | (claimed > high)))


def excused(truth: Derivative, point: Point, said: Array, wrong: Array, kink: Array) -> Array:
    """Which entries that differ from the slopes at a kink lie between the slopes at points all around, as they may.

    Where three numbers or more are equal, neither side of an axis leads to every smooth piece: no entry of sorted zeros moves
    with the second of them alone, though it may well be the second that is sorted there. Inputs with which no entry has a
    kink are not concerned; where so many are that the pieces cannot all be met, theirs are all excused.
    """
    size = math.prod(truth.shapes[1])
    if truth.kind not in ("gradient", "vjp", "jacobian") or truth.layout != "numerator":
        return np.zeros_like(wrong)
    bent = np.any(kink.reshape(-1, size), axis=0)
    columns = np.flatnonzero(bent & np.any(wrong.reshape(-1, size), axis=0))
    neighbours = max(_NEIGHBOURS, 8 * size)
    if np.asarray(point[truth.wrt]).dtype != np.float64 or 2 * neighbours * len(columns) > _MOST_RUNS:
        return np.asarray((wrong.reshape(-1, size) & bent).reshape(wrong.shape))
    low, high = _slopes_around(truth, point, np.eye(size)[columns], neighbours)
    claimed = said.reshape(-1, size)[:, columns].T
    found = np.zeros((size, claimed.shape[1]), dtype=bool)
    found[columns] = (claimed >= low) & (claimed <= high)
    return np.asarray(wrong & found.T.reshape(wrong.shape))


def _slopes_around(truth: Derivative, point: Point, along: Array, neighbours: int) -> tuple[Array, Array]:
    """The least and the greatest slope along each direction at points next to this one, a row each; a little wider."""
    x = np.asarray(point[truth.wrt])
    size = x.size
    rng = np.random.default_rng(0)
    reach = _AROUND * max(1.0, float(np.max(np.abs(x))))
    around = x.ravel() + reach * rng.uniform(0.05, 1, (neighbours, size)) * rng.choice((-1.0, 1.0), (neighbours, size))
    step = _STEP * reach * along[None]
    centre = around[:, None]
    rows = np.concatenate([(centre + step).reshape(-1, size), (centre - step).reshape(-1, size)])
    upper, lower = truth.rows(point)(rows).reshape(2, neighbours, len(along), -1)
    slopes = (upper - lower) / (2 * _STEP * reach)
    if truth.kind == "vjp":
        slopes = (slopes @ np.ravel(point["cotangent"]).astype(np.float64))[..., None]
    margin = 0.01 * np.max(np.abs(slopes), axis=(0, 1), initial=0.0)
    return slopes.min(axis=0) - margin, slopes.max(axis=0) + margin


def _interval(ball: Any) -> str:
    low, high = float(ball.lower()), float(ball.upper())
    return f"{low:.6g}" if high - low < 1e-9 * max(1.0, abs(low)) else f"between {low:.6g} and {high:.6g}"


def directions(size: int) -> Array:
    """Ones, then dense ones of one sign, then of both; exact in binary."""
    rng = np.random.default_rng(0)
    positive = rng.integers(2, 9, (3, size)) / 4
    mixed = rng.integers(2, 9, (3, size)) / 4 * rng.choice((-1.0, 1.0), (3, size))
    return np.concatenate([np.ones((1, size)), positive, mixed])
