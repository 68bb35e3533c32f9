"""The finite-difference oracle: derivatives of a black box from its values alone, with error bars, no step to choose.

Notation. Along a direction d at a point x, g(t) = f(x + t d) is known at t = 0 and at ±h_j on a geometric ladder
h_j = h_0 ρ^j, finest first, j = 0 … N-1. Three slopes are formed on every rung:

    C_j = (g(h_j) - g(-h_j)) / 2h_j  = g' + c₁ h_j² + c₂ h_j⁴ + …      (central: even powers of h, so r = ρ²)
    R_j = (g(h_j) - g(0)) / h_j      = g'₊ + c₁ h_j + c₂ h_j² + …       (right: all powers of h, so r = ρ)
    L_j = (g(0) - g(-h_j)) / h_j     = g'₋ + c₁ h_j + c₂ h_j² + …       (left: likewise)

*Extrapolation* (Richardson; Ridders 1982). T_1[j] is the slope on rung j, and

    T_k[j] = T_{k-1}[j] + (T_{k-1}[j] - T_{k-1}[j+1]) / (r^{k-1} - 1)

removes one more power of h from the window of rungs j … j+k-1. It is the finite-difference formula of highest order
on these nodes (the weights are Fornberg's, 1988). Its truncation is estimated by how far it moved from T_{k-1}[j], but
only while the coarser window kept its promise: while T_{k-1}[j+1] differs from T_{k-1}[j] by no more than its bar.

*Noise.* A value of f is off by up to ν, so that a window on h_j is off by up to γ_k ν / h_j, where γ_k sums the
absolute weights. ν is not assumed but measured: high divided differences on the finest rungs contain nothing else.

*Agreement between scales* (Lepskii 1991). A derivative is a limit h → 0, so that fine windows, whose bars are wide but
whose truncation is nil, judge the coarse ones: going from fine to coarse, the intervals value ± bar must all intersect.
At the first that does not, the scale of some feature (a kink, a jump, a wave) is reached and nothing coarser is used.

Sources: C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in Engineering Software 4 (1982)
75-76. B. Fornberg, "Generation of finite difference formulas on arbitrarily spaced grids", Mathematics of Computation
51 (1988) 699-706. O. V. Lepskii, "On a problem of adaptive estimation in Gaussian white noise", Theory of Probability
and its Applications 35 (1991) 454-466.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[[Array], Array]

RUNGS = 15
# Not a whole number: of an argument that is rounded to a grid, the steps would fall on the same part of a cell each time.
RATIO = 6.07
ORDERS = 6
# The coarsest step in units of the point's scale; the finest is then 4e-12 of it, where a double has 4 digits left.
COARSEST = 0.4
RUNG = RATIO ** np.arange(RUNGS)
EPSILON = float(np.finfo(np.float64).eps)
# A step of this height, relative to the value, may come from a rounding to float32.
FLOAT32 = 2.0**-20
# Bars count the measured noise this many times, because it is the largest of only a few samples.
NOISE_FACTOR = 6.0
# Rows in one call of the function, and numbers in these rows.
BLOCK_ROWS = 2**16
BLOCK_NUMBERS = 2**20
# Derivatives analysed at a time: what fits a processor's cache.
CHUNK = 2**12

CENTRAL, RIGHT, LEFT = range(3)
# r^k for the three ladders, and γ_k: a central slope adds two values over 2h, a one-sided one two values over h.
POWERS = [np.array([RATIO**2, RATIO, RATIO])[:, None, None] ** k for k in range(ORDERS + 1)]
LESS = [power - 1 for power in POWERS]
GAINS = [np.array([1.0, 2.0, 2.0])[:, None, None]]
for _power in POWERS[1:ORDERS]:
    GAINS.append(GAINS[-1] * (_power + 1 / RATIO) / (_power - 1))
_FIRST = np.arange(3)[:, None, None]
# Standard deviation of (T_k[j] - T_k[j+1]) h_j for values of standard deviation 1: Π r^i/(r^i - 1) times √½ or √2.
SAMPLE = np.array([0.73, 1.75, 1.75])[:, None, None]


@dataclass(frozen=True)
class Estimate:
    """Directional derivatives of a black box, arrays of shape (points, directions, outputs).

    Attributes:
        value: the derivative along each direction (not normalised: it scales with the direction); NaN where the
            function has no finite value at the point or none near it. At a kink it lies between the one-sided ones.
        error: a bar: the truth is expected in value ± error; infinite where nothing can be said. Where scales or sides
            contradict one another the bar covers the contradiction.
        left: the derivative from t < 0, NaN where it could not be determined.
        right: the derivative from t > 0, NaN where it could not be determined.
        kink: whether left and right differ by clearly more than their bars, on all scales down to the finest.
        evaluations: rows that were passed to the function.
    """

    value: Array
    error: Array
    left: Array
    right: Array
    kink: Array
    evaluations: int


def differentiate(function: Function, points: Array, directions: Array) -> Estimate:
    """Derivatives of ``function`` at every point along every direction, with error bars, from values alone.

    Costs 30 evaluations a direction and one a point, in one call of ``function`` (in several of at most 65536 rows when
    there are more). Values that are NaN or infinite are taken as lying outside the domain; where that leaves one side
    only, the derivative is the one-sided one.

    The finest step is 4e-12 of the point's scale. A kink or a jump that is nearer than that cannot be told from one at
    the point; one that is hardly farther leaves a wide or infinite bar.

    Args:
        function: maps (B, n) float64 arrays to (B, m) arrays, row by row.
        points: shape (p, n).
        directions: shape (k, n), the same at every point, or (p, k, n).

    Raises:
        ValueError: the shapes do not fit together, or ``function`` returned something else than B rows of real numbers.
    """
    points, directions = _checked(points, directions)
    (count, size), each = points.shape, directions.shape[1]
    pairs = count * each
    finest, blur = (array.reshape(pairs) for array in _finest_steps(points, directions))
    flat = directions.reshape(pairs, size)
    block = max(1, min(BLOCK_ROWS, BLOCK_NUMBERS // max(size, 1)) // (2 * RUNGS + 1))
    parts: list[tuple[Array, ...]] = []
    evaluations = outputs = 0
    for start in range(0, max(pairs, 1), block):
        owner = np.arange(start, min(start + block, pairs)) // max(each, 1)
        here = slice(start, start + block)
        low, high = (owner[0], owner[-1] + 1) if pairs else (0, count)
        shifts, steps = _ladder(points[owner], flat[here], finest[here])
        around = points[owner][:, None] + np.stack([shifts, -shifts])
        values = _evaluate(function, np.concatenate([points[low:high], around.reshape(2 * len(owner) * RUNGS, size)]))
        evaluations += len(values)
        outputs = values.shape[1]
        centre = values[owner - low].ravel()
        around = np.moveaxis(values[high - low :].reshape(2, len(owner), RUNGS, outputs), 2, 1)
        sides = around.reshape(2, RUNGS, centre.size)
        steps, width = np.repeat(steps.T, outputs, axis=1), np.repeat(blur[here], outputs)
        for first in range(0, max(centre.size, 1), CHUNK):
            part = slice(first, first + CHUNK)
            with np.errstate(all="ignore"):
                parts.append(_analyse(centre[part], sides[:, :, part], steps[:, part], width[part]))
    shape = (count, each, outputs)
    value, error, left, right, kink = (np.concatenate(part).reshape(shape) for part in zip(*parts, strict=True))
    return Estimate(value, error, left, right, kink, evaluations)


def _checked(points: Array, directions: Array) -> tuple[Array, Array]:
    """Both as float64, the directions as (p, k, n)."""
    points, directions = np.asarray(points, dtype=np.float64), np.asarray(directions, dtype=np.float64)
    if points.ndim != 2:
        raise ValueError(
            f"points: an array of shape (p, n) is expected, one point a row; got shape {points.shape}. "
            "Flatten the arguments of the function into one row a point"
        )
    count, size = points.shape
    if directions.ndim == 2:
        directions = np.broadcast_to(directions, (count, *directions.shape))
    if directions.ndim != 3 or directions.shape[0] != count or directions.shape[2] != size:
        raise ValueError(
            f"directions: shape (k, {size}) or ({count}, k, {size}) is expected to go with points of shape "
            f"{points.shape}; got shape {np.shape(directions)}. Give each direction as many entries as a point has"
        )
    return points, directions


def _evaluate(function: Function, rows: Array) -> Array:
    """The function's values as float64, with the shape that was promised."""
    with np.errstate(all="ignore"):
        values = np.asarray(function(rows))
    if values.ndim != 2 or len(values) != len(rows):
        raise ValueError(
            f"function: an array of shape (B, m) is expected for an argument of shape (B, n); got shape {values.shape} "
            f"for {rows.shape}. Write it for a batch, one point a row, and return one row of outputs a point"
        )
    if values.dtype.kind not in "fiub":
        raise ValueError(
            f"function: real numbers are expected; got dtype {values.dtype}. "
            "Return the real and the imaginary part as two outputs"
        )
    return values.astype(np.float64)


def _scale(points: Array) -> Array:
    """The length on which a function of a coordinate may be expected to vary, from the coordinate alone.

    It is |x| for large and 1 for (practically) zero. In between neither 1 nor |x| may be missed, and the cube root puts
    both on the ladder: for |x| = 1e-8 the steps run from 1e-14 to 1e-3.
    """
    size = np.abs(points)
    return np.where(size >= 1, size, np.where(size < 1e-12, 1.0, np.cbrt(size)))


def _finest_steps(points: Array, directions: Array) -> tuple[Array, Array]:
    """h_0, and the rounding of x + t d in units of t, for each point and direction, both of shape (p, k).

    h_0 is NaN when no step serves all coordinates that move: what is large to one is within the rounding of another.
    """
    size = np.abs(directions)
    moving = size > 0
    with np.errstate(all="ignore"):
        coarsest = np.min(np.where(moving, _scale(points)[:, None] / size, np.inf), axis=-1, initial=np.inf) * COARSEST
        spacing = np.max(np.where(moving, np.spacing(np.abs(points))[:, None], 0.0), axis=-1, initial=0.0)
        rounding = spacing / np.max(size, axis=-1, initial=0.0)
    coarsest, rounding = np.where(np.isfinite(coarsest), coarsest, 1.0), np.where(np.isfinite(rounding), rounding, 0.0)
    # A single coordinate's step is measured after rounding; several cannot be, and must each span many ulps.
    several = np.count_nonzero(moving, axis=-1) > 1
    finest = np.where(several, np.maximum(coarsest / RUNG[-1], 256 * rounding), coarsest / RUNG[-1])
    return np.where(finest * RUNG[3] > coarsest, np.nan, finest), rounding


def _ladder(points: Array, directions: Array, finest: Array) -> tuple[Array, Array]:
    """Displacements (pairs, rungs, n) that are exact in both signs, and the steps t (pairs, rungs) that they amount to.

    |x| + h - |x| is a multiple of the spacing of the outer of x ± h, hence representable on either side: without that,
    g(h) and g(-h) belong to different steps, which costs sin at 1e8 half its digits.
    """
    steps = finest[:, None] * RUNG
    wanted = steps[..., None] * directions[:, None]
    size = np.abs(points)[:, None]
    shifts = np.copysign((size + np.abs(wanted)) - size, wanted)
    single = np.count_nonzero(directions, axis=1) == 1
    if single.any():
        axis = np.argmax(np.abs(directions), axis=1)[:, None]
        along = np.take_along_axis(directions, axis, axis=1)
        moved = np.take_along_axis(shifts, axis[:, None], axis=2)[..., 0]
        steps[single] = moved[single] / along[single]
    return shifts, steps


def _analyse(centre: Array, sides: Array, steps: Array, blur: Array) -> tuple[Array, ...]:
    """value, error, left, right, kink, each (e,), from g(0) (e,), g(±h_j) (2, rungs, e), h_j (rungs, e), blur (e,)."""
    if not np.isfinite(sides.sum() + centre.sum()):
        sides = np.where(np.isfinite(sides) & np.isfinite(centre), sides, np.nan)
    slopes = np.empty((3, *steps.shape))
    np.divide(sides[0] - sides[1], 2, out=slopes[0])
    np.subtract(sides[0], centre, out=slopes[1])
    np.subtract(centre, sides[1], out=slopes[2])
    slopes /= steps
    table = _extrapolate(slopes)
    noise, hopeless = _noise(table, centre, sides, steps, blur)
    values, bars, spread = _windows(table, noise / steps)
    limits, errors = _limits(slopes, values, bars, spread)
    errors[_diverging(slopes, centre, sides) | hopeless] = np.inf
    value, error, left, right, kink = _settle(slopes, spread, limits, errors)
    staircase, value, error = _staircase(table, spread, values, bars, FLOAT32 * np.abs(centre) / steps, value, error)
    return value, error, left, right, kink & ~staircase


def _extrapolate(slopes: Array) -> list[Array]:
    """T_1 … T_K, each (3, rungs - k + 1, e)."""
    table = [slopes]
    for k in range(2, ORDERS + 1):
        fine, coarse = table[-1][:, :-1], table[-1][:, 1:]
        table.append(fine + (fine - coarse) / LESS[k - 1])
    return table


def _grain(centre: Array, sides: Array) -> tuple[Array, Array]:
    """Relative and absolute granularity of the values: 2⁻⁵² and 0 for ordinary doubles.

    A function that computes in float32, or subtracts large numbers, returns doubles whose last bits are all zero, and
    on the finest rungs no change at all: there is no noise to be measured, only the lowest bit that is ever set.
    """
    values = np.concatenate([sides.reshape(2 * RUNGS, centre.size), centre[None]])
    if (values.view(np.int64) & 15).any(axis=0).all():  # some value of each has one of the last four bits set
        return np.full(centre.shape, EPSILON), np.zeros(centre.shape)
    values = np.where(np.isfinite(values), values, 0.0)
    fraction, exponent = np.frexp(values)
    digits = np.abs(fraction * 2.0**53).astype(np.int64)
    lowest = (digits & -digits) * 2.0**-53
    relative = np.min(np.where(digits > 0, lowest / np.abs(fraction), np.inf), axis=0)
    # Below float64 and not below bfloat16. Step functions look coarser still, but take only a few values.
    coarse = (relative > 2.0**-48) & (relative < 2.0**-6)
    if not coarse.any():
        return np.full(centre.shape, EPSILON), np.zeros(centre.shape)
    coarse &= np.sum(np.diff(np.sort(values, axis=0), axis=0) != 0, axis=0) >= 4
    absolute = np.min(np.where(digits > 0, np.ldexp(lowest, exponent), np.inf), axis=0)
    return np.where(coarse, relative, EPSILON), np.where(coarse, absolute, 0.0)


def _noise(table: list[Array], centre: Array, sides: Array, steps: Array, blur: Array) -> tuple[Array, Array]:
    """ν, by ladder and coarsest rung of a window, shape (3, rungs, e); and a mask: nothing but noise on any rung.

    T_k[j] - T_k[j+1] on the finest rungs is truncation ∝ h^k plus noise of about σ / h_j, the same for k = 3, 4, 5: the
    least of the three samples is noise if any is. A sample that exceeds the finer ones 16 times is truncation after
    all, unless f has hardly changed there or the rounding of its argument explains it. Of the ladders the quietest
    counts: a kink or a jump on one side is not noise.

    Where f is flat at x but steep on coarser rungs, a rounding of its argument shows there only. That noise is the blur
    of x (its ulp) times the slope, and no more than the measured noise in proportion to the slopes.
    """
    grain, quantum = _grain(centre, sides)
    reach = np.fmax.accumulate(np.fmax(np.abs(sides), np.abs(centre)), axis=1)
    reach = np.concatenate([np.fmax(reach[0], reach[1])[None], reach])
    change = np.abs(sides - centre)
    change = np.concatenate([np.fmax(change[0], change[1])[None], change])
    steepest = _numbers(np.fmax.accumulate(np.fmax(np.abs(table[0][1]), np.abs(table[0][2])), axis=0))
    third, fourth, fifth = (np.abs(table[k][:, :4] - table[k][:, 1:5]) for k in (2, 3, 4))
    samples = np.fmin(np.fmin(third, fourth), fifth) * steps[:4] / SAMPLE
    level = np.fmax(samples[:, 0], EPSILON / 4 * reach[:, 0])
    plausible = np.fmax(16 * np.fmax.reduce(level, axis=0), blur * steepest[4])
    for j in (1, 2, 3):
        counts = (samples[:, j] <= np.fmax(plausible, 16 * level)) | (change[:, j + 3] <= 256 * grain * reach[:, j + 3])
        level = np.where(counts, np.fmax(level, samples[:, j]), level)
    level = np.where(np.isnan(samples[:, 0]), np.nan, level)
    quietest = _numbers(np.fmin.reduce(level, axis=0))
    moved = np.fmin(quietest * steepest / steepest[4], blur * steepest)
    moved, rounding, coarse = _numbers(moved), grain, grain > EPSILON
    if coarse.any():
        # In low precision the finest rungs are flat, and say nothing of the slope.
        moved = np.where(coarse, blur * np.fmax(steepest, steepest[9]) * (grain / EPSILON), moved)
        rounding = np.where(coarse, NOISE_FACTOR * grain, grain)
    largest = np.fmax.reduce(change[CENTRAL], axis=0)
    hopeless = (NOISE_FACTOR * quietest >= 0.25 * largest) & (quietest > 64 * EPSILON * reach[CENTRAL, 0])
    return NOISE_FACTOR * np.maximum(quietest, moved) + quantum + rounding * reach, hopeless


def _numbers(values: Array) -> Array:
    """`np.nan_to_num`, which is slow where there is nothing to replace, as mostly."""
    return values if np.isfinite(values).all() else np.nan_to_num(values)


def _windows(table: list[Array], noise: Array) -> tuple[Array, Array, Array]:
    """By coarsest rung, the value of the window with the least bar, and this bar; and the noise of the slopes.

    ``noise`` is ν/h_j. All three have shape (3, rungs, e); the bar is infinite where no window ends.
    """
    values, bars = np.zeros_like(noise), np.full_like(noise, np.inf)
    # ν belongs to a window's coarsest rung, the division by h to its finest: shift by k - 1 rungs.
    spreads = [noise[:, k:] * GAINS[k] * RUNG[k] for k in range(ORDERS)]
    truncation = np.abs(table[0][:, :-1] - table[0][:, 1:])
    asymptotic = np.ones(truncation.shape, dtype=bool)
    for k in range(1, ORDERS):
        bar = truncation + spreads[k]
        better = bar < bars[:, k:]
        np.copyto(bars[:, k:], bar, where=better)
        np.copyto(values[:, k:], table[k], where=better)
        moved = np.abs(table[k][:, :-1] - table[k][:, 1:])
        kept = moved <= truncation[:, 1:] + spreads[k][:, 1:] + spreads[k][:, :-1]
        asymptotic = kept & asymptotic[:, 1:] & asymptotic[:, :-1]
        truncation = np.where(asymptotic, moved / LESS[k + 1], moved)
    return values, bars, spreads[0]


def _taken(table: Array, rungs: Array) -> Array:
    """Entries of a table (a, rungs, e) at the rungs (a, k, e): what ``np.take_along_axis`` gives, at a third of its cost."""
    return table[_FIRST[: len(table)], rungs, np.arange(table.shape[2])]


def _limits(slopes: Array, values: Array, bars: Array, noise: Array) -> tuple[Array, Array]:
    """What each ladder settles on and its bar, shape (3, e); the bar is infinite if it does not settle."""
    low = np.maximum.accumulate(values - bars, axis=1)
    high = np.minimum.accumulate(values + bars, axis=1)
    agree = low <= high
    errors = np.where(agree, bars, np.inf)
    # A window must also stand by the best of the finer ones: their difference is added to its bar.
    least = np.minimum.accumulate(errors, axis=1)
    best = np.maximum.accumulate(np.where(errors <= least, np.arange(RUNGS)[:, None], 0), axis=1)[:, :-1]
    apart = np.abs(values[:, 1:] - _taken(values, best))
    errors[:, 1:] += np.where(np.isfinite(least[:, :-1]), apart, 0.0)
    chosen = np.argmin(errors, axis=1)[:, None]
    limit = _taken(values, chosen)[:, 0]
    error = _taken(errors, chosen)[:, 0]
    # Contradicted at once: believed if the two finest slopes agree within noise; bounded if the slopes converge like a
    # geometric series (as those of |x|^1.5 do); otherwise the finest rung is too coarse to say anything.
    unsupported = ~agree[:, -1] & (np.sum(agree & np.isfinite(bars), axis=1) <= 2)
    if unsupported.any():
        moves = np.abs(np.diff(slopes[:, :6], axis=1))
        steady = moves[:, 0] <= 2 * noise[:, 0]
        converging = np.all(moves[:, :4] <= 0.8 * moves[:, 1:], axis=1)
        bound = np.where(converging, np.maximum(error, 5 * moves[:, 0]), np.inf)
        error = np.where(unsupported & ~steady, bound, error)
    return limit, error


def _staircase(
    table: list[Array], noise: Array, values: Array, bars: Array, low: Array, value: Array, error: Array
) -> tuple[Array, Array, Array]:
    """Where the fine rungs see single steps of a staircase: a mask, and the value and bar that cover both readings.

    A function that rounds inside (to float32, or by cancellation) is smooth within a step, and fine rungs look as if its
    derivative were that of one step; or a few of them happen to be rounded alike. What gives it away are coarser windows
    that contradict the fine ones: the best of them agree with each other on either side. ``low``, shape (rungs, e), is the
    slope below which a change over h_j may be one step.

    Features of the function do that, too, but leave the fine limit like a power of h where they are smooth, and where they
    are not, then like one kink on either side: in proportion to 1/h, and on the way from the one slope to the other.
    """
    staircase, cover = np.zeros(value.shape, dtype=bool), error.copy()
    against = np.where(np.abs(values - value) > error + bars, bars, np.inf)
    chosen = np.argmin(against, axis=1)[:, None]
    coarse, bar = (_taken(array, chosen)[:, 0] for array in (values, against))
    apart = np.abs(coarse - value)
    together = np.abs(coarse[RIGHT] - coarse[LEFT]) <= 0.2 * apart[CENTRAL] + bar[RIGHT] + bar[LEFT]
    (doubtful,) = np.nonzero(np.isfinite(bar).all(axis=0) & together)
    if not doubtful.size:
        return staircase, value, cover
    coarse, fine = coarse[:, doubtful], value[doubtful]
    slopes, second = table[0][1:, :, doubtful], table[1][1:, :, doubtful]
    left_by = np.abs(second - fine)
    seen = left_by > error[doubtful] + noise[1:, 1:, doubtful] * (GAINS[1] * RUNG[1])[1:]
    leaving = np.argmax(seen, axis=1)
    following = np.minimum(leaving[:, None] + np.arange(4)[:, None], RUNGS - 3)
    after = _taken(left_by, following)
    # Steps of a rounding to float32 are narrow or low; what is neither is a feature of the function.
    slope = np.stack([low[rung, doubtful] for rung in leaving])
    rounded = (apart[1:, doubtful] < slope) | (COARSEST * RUNG[leaving] / RUNG[-1] < 2.0**-16)
    abrupt = seen.any(axis=1) & rounded & (after[:, 0] > 0.05 * np.fmax.reduce(after, axis=1))
    # Beyond a kink h times the change of slope is the same on all rungs; rounding makes it irregular.
    changes = (second[:, :-1] - second[:, 1:]) * (RUNG[:-2, None] / RUNG[-1])
    changes = _taken(changes, following[:, 1:])
    regular = np.ptp(changes, axis=1) <= 0.005 * np.max(np.abs(changes), axis=1)
    beyond = (_taken(slopes, following[:, 1:3]) - coarse[1:, None]) / (fine - coarse[1:])[:, None]
    staircase[doubtful] = np.all(abrupt, axis=0) & ~np.all(regular & np.all(beyond > -0.05, axis=1), axis=0)
    cover[staircase] = 1.5 * apart[CENTRAL, staircase] + bar[CENTRAL, staircase]
    return staircase, np.where(staircase, _taken(values, chosen)[CENTRAL, 0], value), cover


def _diverging(slopes: Array, centre: Array, sides: Array) -> Array:
    """Whether a ladder's slopes grow without bound as h → 0, shape (3, e): a jump at the point, or a vertical tangent.

    From rung to rung they grow, by no more than the ρ of a jump. One such side makes the central ladder worthless.
    """
    growth = slopes[1:, :6] / slopes[1:, 1:7]
    visible = np.abs(sides[:, 0] - centre) > 64 * EPSILON * np.fmax(np.abs(sides[:, 0]), np.abs(centre))
    diverging = visible & np.all((growth > 1.02) & (growth < 1.01 * RATIO), axis=1)
    return np.concatenate([diverging.any(axis=0)[None], diverging])


def _settle(slopes: Array, noise: Array, limits: Array, errors: Array) -> tuple[Array, ...]:
    """value, error, left, right and kink, each (e,), from the limits of the three ladders."""
    central, right, left = limits
    error, right_error, left_error = errors
    both = np.isfinite(right_error) & np.isfinite(left_error)
    gap, gap_error = np.abs(right - left), right_error + left_error
    missing = ~np.isfinite(slopes[1:]).any(axis=1)
    # The border of a domain leaves one side; near a kink the side without it has the longer ladder.
    consistent = both & (gap <= gap_error) & (error <= 0.25 * np.abs(limits).max(axis=0))
    consistent &= (np.abs(right - central) <= right_error + error) & (np.abs(left - central) <= left_error + error)
    one_sided = np.where(right_error <= left_error, right, left)
    one_sided_error = np.minimum(right_error, left_error)
    use = (missing.any(axis=0) & np.isfinite(one_sided_error)) | (consistent & (4 * one_sided_error < error))
    value, error = np.where(use, one_sided, central), np.where(use, 2 * one_sided_error, error)
    cover = np.maximum(np.abs(value - right) + right_error, np.abs(value - left) + left_error)
    astray = (np.abs(value - right) > right_error + error) | (np.abs(value - left) > left_error + error)
    error = np.where(both & ((gap > gap_error) | astray), np.fmax(error, cover), error)
    value = np.where(missing.all(axis=0), np.nan, value)
    error = np.where(np.isfinite(value) & ~np.isnan(error), error, np.inf)
    # Curvature, too, makes the sides differ, but in proportion to h; a kink's difference is there on the finest rungs.
    fine = np.abs((slopes[RIGHT] - slopes[LEFT])[:4] - (right - left)) <= 0.25 * gap + (noise[RIGHT] + noise[LEFT])[:4]
    kink = both & (gap > 4 * gap_error) & fine.all(axis=0)
    left, right = np.where(np.isfinite(left_error), left, np.nan), np.where(np.isfinite(right_error), right, np.nan)
    return value, error, left, right, kink
