"""Claimed and true derivative over a range of one entry, with a gap at every kink, jump and pole."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcheck.domains import Near, Reals
from gradcheck.numbers.ball_arrays import IS_NUMBER, precision
from gradcheck.numbers.system import CannotDecideError, NoRuleError
from gradcheck.picture import Curve
from gradcheck.pictures.along import Along, numbers
from gradcheck.pictures.borders import borders
from gradcheck.pictures.scene import NothingToDrawError, few, strictly

Array = np.ndarray[Any, np.dtype[Any]]

POINTS = 121
_USUAL = 4.0  # to either side of zero, where nothing asks for more
_WIDER = 8.0  # times as far kinks are looked for, and the range is extended to them
_SLOPE = 1e-6  # relative change of a derivative over no distance that makes a kink
_BITS = 64  # of enclosures over a whole gap between points
_PARTS = 16  # into which such a gap is cut where its enclosure knows nothing


def curve(along: Along) -> Curve:
    """The picture of a scene whose entry is a function of one entry of the input.

    Raises:
        NothingToDrawError: the truth is nowhere known in the range, or it would take long.
        NoRuleError: the primal cannot be enclosed.
    """
    along.afford(POINTS)
    marked = along.here if along.scene.marked else None
    low, high, turns = _range(along)
    grid = np.array([strictly(x) for x in np.linspace(low, high, POINTS)])
    grid = np.unique(np.concatenate([grid, [along.here]]) if low <= along.here <= high else grid)
    grid = grid[along.admitted(grid)]
    if not len(grid):
        raise NothingToDrawError("no point of the range is in the domain")
    turns = [turn for turn in turns if grid[0] <= turn <= grid[-1]]
    beside = 1e-9 * (high - low)
    smooth = grid[[all(abs(x - turn) > beside for turn in turns) for x in grid]] if turns else grid
    probes = np.array([turn + side for turn in turns for side in (-beside, beside)])
    every = np.concatenate([smooth, probes, turns])
    true, claimed = along.slopes(every), along.claimed_numbers(every)
    values = numbers(along.weighted(along.truth(every)[0]))[0] if turns else np.zeros(0)
    samples = [(x, t, c) for x, t, c in zip(smooth, true, claimed, strict=False)]
    kinks = []
    for i, turn in enumerate(turns):
        left, right, there = len(smooth) + 2 * i, len(smooth) + 2 * i + 1, len(smooth) + len(probes) + i
        bent = _apart(true[left], true[right]) or _apart(values[left], values[right])
        if bent:
            kinks.append(strictly(turn))
        if bent or _apart(claimed[left], claimed[right]) or turn == marked:
            between = [(turn, math.nan, math.nan)]
            if turn == marked:
                between += [(turn, true[there], claimed[there]), (turn, math.nan, math.nan)]
            samples += [(turn, true[left], claimed[left]), *between, (turn, true[right], claimed[right])]
    samples.sort(key=lambda sample: sample[0])
    samples = _with_gaps(along, samples)
    if not any(math.isfinite(t) for _, t, _ in samples):
        raise NothingToDrawError("the true derivative is known nowhere in the range")
    return Curve(
        along.axis,
        tuple(strictly(x) for x, _, _ in samples),
        tuple(few(c) for _, _, c in samples),
        tuple(few(t) for _, t, _ in samples),
        tuple(kinks),
        () if marked is None else (strictly(marked),),
        along.held,
    )


def _range(along: Along) -> tuple[float, float, list[float]]:
    """The ends, and the places where a comparison of either side turns: wide enough for the point and for the nearest turns."""
    space = along.scene.sides.case.spaces[along.wrt]
    low, high = (space.low, space.high) if isinstance(space, Reals | Near) else (-math.inf, math.inf)
    here = along.here
    reach = max(_USUAL, 1.5 * abs(here))

    def within(reach: float) -> tuple[float, float]:
        start = max(low, min(-reach, high - 2 * reach)) if math.isfinite(high) else max(low, -reach)
        end = min(high, max(reach, low + 2 * reach)) if math.isfinite(low) else min(high, reach)
        inset = 1e-3 * (end - start)  # a domain is open at its ends
        return start + inset * (start == low), end - inset * (end == high)

    start, end = within(_WIDER * reach)
    xs = np.linspace(start, end, 4 * POINTS)
    turns = sorted({*borders(along, along.scene.truth.primal, xs), *borders(along, along.scene.claimed, xs)})
    start, end = within(reach)
    near = [turn for turn in turns if abs(turn) <= _WIDER * reach / 2][:8]
    if near and len(turns) <= 8:
        widest = max(abs(turn) for turn in near)
        if widest > 0.8 * reach:
            start, end = within(1.4 * widest)
    return start, end, [turn for turn in turns if start < turn < end] if len(turns) <= 8 else []


def _apart(left: float, right: float) -> bool:
    """Whether a function jumps between two points next to each other, or is not known at one of them."""
    if not (math.isfinite(left) and math.isfinite(right)):
        return math.isfinite(left) or math.isfinite(right)
    return abs(left - right) > _SLOPE * max(abs(left), abs(right)) and abs(left - right) > 1e-12


def _with_gaps(along: Along, samples: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """The samples with a missing one wherever a side is not finite between two: a pole must not be drawn as a line.

    Only where a side changes much is it enclosed over the whole gap, and over its parts while that knows nothing.
    """
    xs, true, claimed = (np.array(column) for column in zip(*samples, strict=True))
    suspect = _steep(true) | _steep(claimed)
    suspect &= np.diff(xs) > 0
    if not np.any(suspect):
        return samples
    broken = _not_finite(along, xs[:-1][suspect], xs[1:][suspect])
    gaps = [(strictly(place), math.nan, math.nan) for place in broken]
    return sorted([*samples, *gaps], key=lambda sample: sample[0]) if gaps else samples


def _steep(values: Array) -> Array:
    """The gaps in which a side changes by a tenth of its middling range, and their neighbours."""
    known = values[np.isfinite(values)]
    if len(known) < 4:
        return np.zeros(len(values) - 1, dtype=bool)
    middling = max(float(np.quantile(known, 0.9) - np.quantile(known, 0.1)), 1e-3 * float(np.max(np.abs(known))))
    with np.errstate(invalid="ignore"):
        steep = np.abs(np.diff(values)) > max(0.25 * middling, 1e-12)
    return np.asarray(steep | np.append(steep[1:], False) | np.append(False, steep[:-1]))


def _not_finite(along: Along, lows: Array, highs: Array, deep: bool = False) -> list[float]:
    """The middles of the gaps in which a side is not enclosed by numbers, after cutting them twice."""
    with precision(_BITS):
        centre, radius = (lows + highs) / 2, (highs - lows) / 2 * (1 + 1e-12)
        balls = _ball(centre, radius)
        known = np.ones(len(balls), dtype=bool)
        try:
            known &= np.asarray(IS_NUMBER(along.slope(balls, _BITS)), dtype=bool)
            known &= np.asarray(IS_NUMBER(along.claimed_balls(balls, _BITS)), dtype=bool)
        except (NoRuleError, CannotDecideError):
            pass  # a black box tells nothing of what lies between its points
    open_ = np.flatnonzero(~known)
    if deep or not len(open_):
        return [float(centre[i]) for i in open_]
    found = []
    for i in open_[:32]:
        edges = np.linspace(lows[i], highs[i], _PARTS + 1)
        inner = _not_finite(along, edges[:-1], edges[1:], deep=True)
        found += inner[:1]
    return found


def _ball(centre: Array, radius: Array) -> Any:
    from flint import arb

    return np.frompyfunc(lambda c, r: arb(float(c), float(r)), 2, 1)(centre, radius)
