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

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
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
# The relative and the absolute granularity of doubles.
ORDINARY = np.array(EPSILON), np.array(0.0)
# A step of this height, relative to the value, may come from a rounding to float32.
FLOAT32 = 2.0**-20
# Bars count the measured noise this many times, because it is the largest of only a few samples.
NOISE_FACTOR = 6.0
# Rows in one call of the function, and numbers in these rows.
BLOCK_ROWS = 2**16
BLOCK_NUMBERS = 2**20
# Derivatives analysed at a time: their windows fit a processor's cache.
CHUNK = 2**8

CENTRAL, RIGHT, LEFT = range(3)
# By window and ladder, r^k - 1, and γ_k: a central slope adds two values over 2h, a one-sided one two values over h.
POWERS = np.array([RATIO**2, RATIO, RATIO])[:, None] ** np.arange(ORDERS)[:, None, None]
LESS = POWERS - 1
GAINS = np.empty_like(POWERS)
GAINS[0] = [[1.0], [2.0], [2.0]]
for _k in range(1, ORDERS):
    GAINS[_k] = GAINS[_k - 1] * (POWERS[_k] + 1 / RATIO) / LESS[_k]
_NUMBER = np.arange(RUNGS)[:, None, None]
# Standard deviation of (T_k[j] - T_k[j+1]) h_j for values of standard deviation 1: Π r^i/(r^i - 1) times √½ or √2.
SAMPLE = np.array([0.73, 1.75, 1.75])[:, None]


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


def differentiate(function: Function, points: Array, directions: Array | None = None) -> Estimate:
    """Derivatives of ``function`` at every point along every direction, with error bars, from values alone.

    Costs 30 evaluations a direction and one a point, in one call of ``function`` (in several of at most 65536 rows when
    there are more). Values that are NaN or infinite are taken as lying outside the domain; where that leaves one side
    only, the derivative is the one-sided one.

    The finest step is 4e-12 of the point's scale. A kink or a jump that is nearer than that cannot be told from one at
    the point; one that is hardly farther leaves a wide or infinite bar.

    Args:
        function: maps (B, n) float64 arrays to (B, m) arrays, row by row.
        points: shape (p, n).
        directions: shape (k, n), the same at every point, or (p, k, n); by default along each of the n coordinates.

    Raises:
        ValueError: the shapes do not fit together, or ``function`` returned something else than B rows of real numbers.
    """
    points, directions = _checked(points, directions)
    count, size = points.shape
    each = size if directions is None else directions.shape[1]
    pairs = count * each
    block = max(1, min(BLOCK_ROWS, BLOCK_NUMBERS // max(size, 1)) // (2 * RUNGS + 1))
    parts: list[Array] = []
    evaluations = outputs = 0
    with np.errstate(all="ignore"):
        finest, blur = (array.reshape(pairs) for array in _finest_steps(points, directions))
        for start in range(0, max(pairs, 1), block):
            pair = np.arange(start, min(start + block, pairs))
            owner, which = np.divmod(pair, max(each, 1))
            low, high = (int(owner[0]), int(owner[-1]) + 1) if pairs else (0, count)
            rows = np.empty((high - low + 2 * len(pair) * RUNGS, size))
            rows[: high - low] = points[low:high]
            around = rows[high - low :].reshape(2, len(pair), RUNGS, size)
            if directions is None:
                steps = _along_axes(points[owner], which, finest[pair], around)
            else:
                steps = _along(points[owner], directions[owner, which], finest[pair], around)
            values = _evaluate(function, rows)
            evaluations += len(values)
            outputs = values.shape[1]
            centre = values[owner - low].ravel()
            on_rungs = values[high - low :].reshape(2, len(pair), RUNGS, outputs).transpose(2, 0, 1, 3)
            sides = on_rungs.reshape(RUNGS, 2, centre.size)
            parts.append(_analyse(centre, sides, steps.T.repeat(outputs, axis=1), blur[pair].repeat(outputs)))
    found = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
    value, right, left, error, kink = found.reshape(5, count, each, outputs)
    return Estimate(value, error, left, right, kink > 0, evaluations)


def _checked(points: Array, directions: Array | None) -> tuple[Array, Array | None]:
    """Both as float64, the directions as (p, k, n)."""
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2:
        raise ValueError(
            f"points: an array of shape (p, n) is expected, one point a row; got shape {points.shape}. "
            "Flatten the arguments of the function into one row a point"
        )
    if directions is None:
        return points, None
    (count, size), directions = points.shape, np.asarray(directions, dtype=np.float64)
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
    return np.asarray(values, dtype=np.float64)


def _scale(size: Array) -> Array:
    """The length on which a function of a coordinate may be expected to vary, from the size of the coordinate alone.

    It is |x| for large and 1 for (practically) zero. In between neither 1 nor |x| may be missed, and the cube root puts
    both on the ladder: for |x| = 1e-8 the steps run from 1e-14 to 1e-3.
    """
    return np.asarray(np.maximum(size, np.where(size < 1e-12, 1.0, np.cbrt(size))))


def _finest_steps(points: Array, directions: Array | None) -> tuple[Array, Array]:
    """h_0, and the rounding of x + t d in units of t, for each point and direction, both of shape (p, k).

    h_0 is NaN when no step serves all coordinates that move: what is large to one is within the rounding of another.
    """
    size = np.abs(points)
    scale, rounding = _scale(size), np.spacing(size)
    if directions is None:
        return scale * COARSEST / RUNG[-1], rounding
    size = np.abs(directions)
    scale = np.fmin.reduce(scale[:, None] / size, axis=-1, initial=np.inf)
    rounding = np.fmax.reduce(rounding[:, None] * (size > 0), axis=-1, initial=0.0)
    rounding /= np.maximum.reduce(size, axis=-1, initial=0.0)
    coarsest = np.where(np.isfinite(scale), scale * COARSEST, 1.0)
    rounding = np.where(np.isfinite(rounding), rounding, 0.0)
    # A single coordinate's step is measured after rounding; several cannot be, and must each span many ulps.
    several = np.count_nonzero(size, axis=-1) > 1
    finest = np.where(several, np.maximum(coarsest / RUNG[-1], 256 * rounding), coarsest / RUNG[-1])
    return np.where(finest * RUNG[3] > coarsest, np.nan, finest), rounding


def _along_axes(points: Array, axes: Array, finest: Array, around: Array) -> Array:
    """Fill in x ± h e (2, pairs, rungs, n), one axis a pair, and return the steps h (pairs, rungs): alike on either side.

    |x| + h - |x| is a multiple of the spacing of the outer of x ± h, hence representable on either side: without that,
    g(h) and g(-h) belong to different steps, which costs sin at 1e8 half its digits.
    """
    pairs = np.arange(len(axes))
    along = points[pairs, axes][:, None]
    size = np.abs(along)
    steps = (size + finest[:, None] * RUNG) - size
    around[...] = points[:, None]
    around[0, pairs, :, axes] = along + steps
    around[1, pairs, :, axes] = along - steps
    return np.asarray(steps)


def _along(points: Array, directions: Array, finest: Array, around: Array) -> Array:
    """As `_along_axes`, along any directions (pairs, n): only where one coordinate moves, its rounding changes the step."""
    steps = finest[:, None] * RUNG
    wanted = steps[..., None] * directions[:, None]
    points = points[:, None]
    size = np.abs(points)
    shifts = np.copysign((size + np.abs(wanted)) - size, wanted)
    (single,) = (np.count_nonzero(directions, axis=1) == 1).nonzero()
    axes = np.abs(directions[single]).argmax(axis=1) if len(single) else single
    steps[single] = shifts[single, :, axes] / directions[single, axes][:, None]
    np.add(points, shifts, out=around[0])
    np.subtract(points, shifts, out=around[1])
    return np.asarray(steps)


def _analyse(centre: Array, sides: Array, steps: Array, blur: Array) -> Array:
    """value, right, left, error, kink (0 or 1) as (5, e), from g(0) (e,), g(±h_j) (rungs, 2, e), h_j (rungs, e), blur (e,)."""
    if len(centre) <= CHUNK and not (sides[-1, 0] == centre).any():
        return _settled(centre, sides, steps, blur)
    found = np.zeros((5, len(centre)))
    found[3] = _unmoved(centre, steps[-1])
    (changing,) = (np.logical_or.reduce(sides != centre, axis=(0, 1)) | ~np.isfinite(found[3])).nonzero()
    for first in range(0, len(changing), CHUNK):
        part = changing[first : first + CHUNK]
        found[:, part] = _settled(centre[part], sides[..., part], steps[:, part], blur[part])
    return found


def _unmoved(centre: Array, step: Array) -> Array:
    """The bar (e,) of a derivative 0 where all values are alike: what `_settled` makes of their rounding on the last rung."""
    reach = np.abs(centre)
    noise = NOISE_FACTOR * (EPSILON / 4 * reach) + EPSILON * reach
    return np.asarray(noise / step * GAINS[1, CENTRAL] * RUNG[1])


def _settled(centre: Array, sides: Array, steps: Array, blur: Array) -> Array:
    """As `_analyse`, of values that change."""
    slopes = _differences(centre, sides)
    if not math.isfinite(slopes.sum()):
        sides = np.where(np.isfinite(sides) & np.isfinite(centre), sides, np.nan)
        slopes = _differences(centre, sides)
    # |g(±h) - g(0)| and the larger of the |g|; for the central ladder those of the side where it is larger.
    change, reach = np.empty_like(slopes), np.empty_like(slopes)
    np.abs(slopes[:, 1:], out=change[:, 1:])
    np.fmax(change[:, RIGHT], change[:, LEFT], out=change[:, CENTRAL])
    size = np.abs(centre)
    np.fmax(np.abs(sides), size, out=reach[:, 1:])
    np.fmax(reach[:, RIGHT], reach[:, LEFT], out=reach[:, CENTRAL])
    slopes /= steps[:, None]
    table, moves, shares = _extrapolate(slopes)
    noise, hopeless = _noise(moves, change, reach, _grain(centre, sides), steps, blur)
    values, bars, spread = _windows(table, moves, shares, noise / steps[:, None])
    limits, errors = _limits(slopes, values, bars, spread)
    if (slopes[0, 1:] / slopes[6, 1:] > 1.1).any():  # as where six rungs in turn grow by more than 1.02
        errors[_diverging(slopes, change[0, 1:], reach[0, 1:])] = np.inf
    if hopeless.size:
        errors[:, hopeless] = np.inf
    found = _between(slopes, spread, limits, errors)
    _staircase(table, spread, values, bars, size, steps, found)
    return found


def _differences(centre: Array, sides: Array) -> Array:
    """What the steps are to be divided into, by rung and ladder."""
    found = np.empty((RUNGS, 3, len(centre)))
    after, before = sides[:, 0], sides[:, 1]
    np.multiply(after - before, 0.5, out=found[:, CENTRAL])
    np.subtract(after, centre, out=found[:, RIGHT])
    np.subtract(centre, before, out=found[:, LEFT])
    return found


def _extrapolate(slopes: Array) -> tuple[Array, Array, Array]:
    """T_1 … T_K at their coarsest rungs, so that T_k[j] is at [k-1, j+k-1]; and for k = 2 … K by how much each was moved.

    ``slopes`` is of shape (rungs, 3, e). What is returned has one axis more in front: T_k[j], then |T_{k-1}[j] - T_{k-1}[j+1]|,
    then |T_k[j] - T_{k-1}[j]|; NaN where no window ends.
    """
    padded = np.empty((ORDERS, RUNGS + 1, *slopes.shape[1:]))
    padded[:, 0] = np.nan
    table = padded[:, 1:]
    table[0] = slopes
    moves, shares = np.empty((2, ORDERS - 1, *slopes.shape))
    for k, (fine, coarse, move, share) in enumerate(zip(padded[:-1, :-1], table[:-1], moves, shares, strict=True), 1):
        np.subtract(fine, coarse, out=move)
        np.divide(move, LESS[k], out=share)
        np.add(fine, share, out=table[k])
    return table, np.abs(moves, out=moves), np.abs(shares, out=shares)


def _grain(centre: Array, sides: Array) -> tuple[Array, Array]:
    """Relative and absolute granularity of the values: 2⁻⁵² and 0 for ordinary doubles.

    A function that computes in float32, or subtracts large numbers, returns doubles whose last bits are all zero, and
    on the finest rungs no change at all: there is no noise to be measured, only the lowest bit that is ever set.
    """
    # Of ordinary doubles some have one of the last four bits set.
    bits = np.bitwise_or.reduce(sides.view(np.int64), axis=(0, 1)) | centre.view(np.int64)
    ordinary = (bits & 15) != 0
    if ordinary.all():
        return ORDINARY
    (doubtful,) = (~ordinary).nonzero()
    relative, absolute = np.full(centre.shape, EPSILON), np.zeros(centre.shape)
    values = np.concatenate([sides[..., doubtful].reshape(2 * RUNGS, len(doubtful)), centre[None, doubtful]])
    values = np.where(np.isfinite(values), values, 0.0)
    fraction, exponent = np.frexp(values)
    digits = np.abs(fraction * 2.0**53).astype(np.int64)
    lowest = (digits & -digits) * 2.0**-53
    finest = np.min(np.where(digits > 0, lowest / np.abs(fraction), np.inf), axis=0)
    # Below float64 and not below bfloat16. Step functions look coarser still, but take only a few values.
    coarse = (finest > 2.0**-48) & (finest < 2.0**-6)
    coarse &= np.sum(np.diff(np.sort(values, axis=0), axis=0) != 0, axis=0) >= 4
    relative[doubtful] = np.where(coarse, finest, EPSILON)
    absolute[doubtful] = np.where(coarse, np.min(np.where(digits > 0, np.ldexp(lowest, exponent), np.inf), axis=0), 0.0)
    return relative, absolute


def _noise(
    moves: Array, change: Array, reach: Array, grains: tuple[Array, Array], steps: Array, blur: Array
) -> tuple[Array, Array]:
    """ν, by coarsest rung of a window and ladder, shape (rungs, 3, e); and at which of the e there is nothing but noise.

    T_k[j] - T_k[j+1] on the finest rungs is truncation ∝ h^k plus noise of about σ / h_j, the same for k = 3, 4, 5: the
    least of the three samples is noise if any is. A sample that exceeds the finer ones 16 times is truncation after
    all, unless f has hardly changed there or the rounding of its argument explains it. Of the ladders the quietest
    counts: a kink or a jump on one side is not noise.

    Where f is flat at x but steep on coarser rungs, a rounding of its argument shows there only. That noise is the blur
    of x (its ulp) times the slope, and no more than the measured noise in proportion to the slopes.
    """
    grain, quantum = grains
    farthest = np.fmax.accumulate(reach, axis=0)
    steepest = _numbers(np.fmax.accumulate(change[:, CENTRAL] / steps, axis=0))
    samples = np.fmin(np.fmin(moves[2, 3:7], moves[3, 4:8]), moves[4, 5:9]) * steps[:4, None] / SAMPLE
    level = np.fmax(samples[0], EPSILON / 4 * farthest[0])
    plausible = np.fmax(16 * np.fmax.reduce(level, axis=0), blur * steepest[4])
    if (samples <= plausible).all():
        level = np.fmax(level, np.fmax.reduce(samples[1:], axis=0))
    else:
        hardly = change[4:7] <= 256 * grain * farthest[4:7]
        for sample, flat in zip(samples[1:], hardly, strict=True):
            counts = (sample <= np.fmax(plausible, 16 * level)) | flat
            level = np.where(counts, np.fmax(level, sample), level)
        level = np.where(np.isnan(samples[0]), np.nan, level)
    quietest = _numbers(np.fmin.reduce(level, axis=0))
    moved = np.fmin(quietest * steepest / steepest[4], blur * steepest)
    rounding = grain
    if grain.ndim:
        # In low precision the finest rungs are flat, and say nothing of the slope.
        coarse = grain > EPSILON
        moved = np.where(coarse, blur * np.fmax(steepest, steepest[9]) * (grain / EPSILON), moved)
        rounding = np.where(coarse, NOISE_FACTOR * grain, grain)
    (hopeless,) = (quietest > 64 * EPSILON * reach[0, CENTRAL]).nonzero()
    if len(hopeless):
        largest = np.fmax.reduce(change[:, CENTRAL, hopeless], axis=0)
        hopeless = hopeless[NOISE_FACTOR * quietest[hopeless] >= 0.25 * largest]
    noise = NOISE_FACTOR * np.maximum(quietest, moved)
    if grain.ndim:
        noise += quantum
    return noise[:, None] + rounding * farthest, hopeless


def _numbers(values: Array) -> Array:
    """`np.nan_to_num`, which is slow where there is nothing to replace, as mostly."""
    return values if np.isfinite(values).all() else np.nan_to_num(values)


def _windows(table: Array, moves: Array, shares: Array, noise: Array) -> tuple[Array, Array, Array]:
    """By coarsest rung, the value of the window with the least bar, and this bar; and the noise of the slopes.

    ``noise`` is ν/h_j. All three have shape (rungs, 3, e); the bar is infinite where no window ends.
    """
    # ν belongs to a window's coarsest rung, the division by h to its finest.
    spreads = noise * GAINS[:, None]
    np.multiply(spreads, RUNG[:ORDERS, None, None, None], out=spreads)
    # A window is off by its share of the move, as long as the finer and the coarser one within it have kept that promise.
    shares[0] = moves[0]
    promised = shares + spreads[1:]
    kept = np.empty(shares.shape, dtype=bool)
    kept[0] = kept[:, 0] = True
    np.less_equal(moves[1:, 1:], promised[:-1, 1:] + spreads[1:-1, :-1], out=kept[1:, 1:])
    for before, now in pairwise(kept[1:]):
        now[1:] &= before[1:] & before[:-1]
    bars = np.where(kept, promised, moves + spreads[1:])
    least = np.fmin.reduce(bars, axis=0, initial=np.inf)
    values = np.zeros(noise.shape)
    # Of several with this bar, the shortest.
    for value, chosen in zip(table[:0:-1], (bars == least)[::-1], strict=True):
        np.copyto(values, value, where=chosen)
    values[least == np.inf] = 0.0
    return values, least, spreads[0]


def _taken(table: Array, rungs: Array) -> Array:
    """Entries of a table (rungs, a, e) at the rungs (k, a, e): what ``np.take_along_axis`` gives, at a third of its cost."""
    columns = np.arange(table[0].size).reshape(table.shape[1:])
    return table.take(rungs * columns.size + columns)


def _limits(slopes: Array, values: Array, bars: Array, noise: Array) -> tuple[Array, Array]:
    """What each ladder settles on and its bar, shape (3, e); the bar is infinite if it does not settle."""
    low = np.maximum.accumulate(values - bars, axis=0)
    high = np.minimum.accumulate(values + bars, axis=0)
    agree = low <= high
    errors = np.where(agree, bars, np.inf)
    # A window must also stand by the best of the finer ones: their difference is added to its bar.
    least = np.minimum.accumulate(errors, axis=0)
    best = np.maximum.accumulate(np.where(errors <= least, _NUMBER, 0), axis=0)[:-1]
    apart = np.abs(values[1:] - _taken(values, best))
    np.add(errors[1:], apart, out=errors[1:], where=np.isfinite(least[:-1]))
    chosen = errors.argmin(axis=0)[None]
    limit, error = _taken(values, chosen)[0], _taken(errors, chosen)[0]
    # Contradicted at once: believed if the two finest slopes agree within noise; bounded if the slopes converge like a
    # geometric series (as those of |x|^1.5 do); otherwise the finest rung is too coarse to say anything.
    if agree[-1].all():
        return limit, error
    unsupported = ~agree[-1] & (np.sum(agree & np.isfinite(bars), axis=0) <= 2)
    if unsupported.any():
        moves = np.abs(np.diff(slopes[:6], axis=0))
        steady = moves[0] <= 2 * noise[0]
        converging = np.all(moves[:4] <= 0.8 * moves[1:], axis=0)
        bound = np.where(converging, np.maximum(error, 5 * moves[0]), np.inf)
        error = np.where(unsupported & ~steady, bound, error)
    return limit, error


def _diverging(slopes: Array, change: Array, reach: Array) -> Array:
    """Whether a ladder's slopes grow without bound as h → 0, shape (3, e): a jump at the point, or a vertical tangent.

    From rung to rung they grow, by no more than the ρ of a jump. One such side makes the central ladder worthless.
    ``change`` and ``reach`` are those of the finest rung, of shape (2, e).
    """
    growth = slopes[:6, 1:] / slopes[1:7, 1:]
    diverging = np.empty(slopes.shape[1:], dtype=bool)
    np.logical_and.reduce((growth > 1.02) & (growth < 1.01 * RATIO), axis=0, out=diverging[1:])
    diverging[1:] &= change > 64 * EPSILON * reach
    np.logical_or(diverging[RIGHT], diverging[LEFT], out=diverging[CENTRAL])
    return diverging


def _between(slopes: Array, noise: Array, limits: Array, errors: Array) -> Array:
    """value, right, left, error and kink, as (5, e), from the limits of the three ladders."""
    found = np.zeros((5, limits.shape[1]))
    found[:3], found[3] = limits, errors[0]
    value, error, sides, bars = found[0], found[3], limits[1:], errors[1:]
    gap, gap_error = np.abs(sides[0] - sides[1]), bars[0] + bars[1]
    both = np.isfinite(gap_error)
    apart = both & (gap > gap_error)
    off = np.abs(sides - value)
    astray = off > bars + error
    least = np.minimum(bars[0], bars[1])
    one_sided = 4 * least < error
    if one_sided.any():
        # Near a kink the side without it has the longer ladder.
        one_sided &= both & ~(apart | astray.any(axis=0)) & (error <= 0.25 * np.maximum.reduce(np.abs(limits), axis=0))
    missing = None if both.all() else ~np.isfinite(slopes[:, 1:]).any(axis=0)
    if missing is not None:
        # The border of a domain leaves one side.
        one_sided |= missing.any(axis=0) & np.isfinite(least)
        np.copyto(found[1:3], np.nan, where=~np.isfinite(bars))
    if one_sided.any():
        np.copyto(value, np.where(bars[0] <= bars[1], sides[0], sides[1]), where=one_sided)
        np.copyto(error, 2 * least, where=one_sided)
        off = np.abs(sides - value)
        astray = off > bars + error
    if apart.any() or astray.any():
        contradicted = apart | (both & astray.any(axis=0))
        np.fmax(error, np.maximum.reduce(off + bars, axis=0), out=error, where=contradicted)
        # Curvature, too, makes the sides differ, but in proportion to h; a kink's difference is there on the finest rungs.
        kink = apart & (gap > 4 * gap_error)
        there = np.abs((slopes[:4, RIGHT] - slopes[:4, LEFT]) - (sides[0] - sides[1]))
        found[4] = kink & (there <= 0.25 * gap + (noise[:4, RIGHT] + noise[:4, LEFT])).all(axis=0)
    if missing is not None:
        nowhere = missing.all(axis=0)
        value[nowhere], error[nowhere] = np.nan, np.inf
    return found


def _staircase(table: Array, noise: Array, values: Array, bars: Array, size: Array, steps: Array, found: Array) -> None:
    """Cover both readings, in ``found``, where the fine rungs see single steps of a staircase; that is no kink.

    A function that rounds inside (to float32, or by cancellation) is smooth within a step, and fine rungs look as if its
    derivative were that of one step; or a few of them happen to be rounded alike. What gives it away are coarser windows
    that contradict the fine ones: the best of them agree with each other on either side. A change over h_j that is below
    2⁻²⁰ of the function's ``size``, shape (e,), may be one step.

    Features of the function do that, too, but leave the fine limit like a power of h where they are smooth, and where they
    are not, then like one kink on either side: in proportion to 1/h, and on the way from the one slope to the other.
    """
    value, error = found[0], found[3]
    contradicting = np.abs(values - value) > error + bars
    (doubtful,) = np.logical_and.reduce(np.logical_or.reduce(contradicting, axis=0), axis=0).nonzero()
    if not len(doubtful):
        return
    values, bars, fine, error = values[..., doubtful], bars[..., doubtful], value[doubtful], error[doubtful]
    against = np.where(contradicting[..., doubtful], bars, np.inf)
    chosen = against.argmin(axis=0)[None]
    coarse, bar = _taken(values, chosen)[0], _taken(against, chosen)[0]
    apart = np.abs(coarse - fine)
    together = np.abs(coarse[RIGHT] - coarse[LEFT]) <= 0.2 * apart[CENTRAL] + bar[RIGHT] + bar[LEFT]
    slopes, second = table[0][:, 1:, doubtful], table[1][1:, 1:, doubtful]
    left_by = np.abs(second - fine)
    seen = left_by > error + noise[1:, 1:, doubtful] * (GAINS[1] * RUNG[1])[1:]
    leaving = seen.argmax(axis=0)
    following = np.minimum(leaving + np.arange(4)[:, None, None], RUNGS - 3)
    after = _taken(left_by, following)
    # Steps of a rounding to float32 are narrow or low; what is neither is a feature of the function.
    low = FLOAT32 * size[doubtful] / steps[leaving, doubtful]
    rounded = (apart[1:] < low) | (COARSEST * RUNG[leaving] / RUNG[-1] < 2.0**-16)
    abrupt = seen.any(axis=0) & rounded & (after[0] > 0.05 * np.fmax.reduce(after, axis=0))
    # Beyond a kink h times the change of slope is the same on all rungs; rounding makes it irregular.
    changes = (second[:-1] - second[1:]) * (RUNG[:-2, None, None] / RUNG[-1])
    changes = _taken(changes, following[1:])
    regular = np.ptp(changes, axis=0) <= 0.005 * np.max(np.abs(changes), axis=0)
    beyond = (_taken(slopes, following[1:3]) - coarse[1:]) / (fine - coarse[1:])
    staircase = together & np.all(abrupt, axis=0) & ~np.all(regular & np.all(beyond > -0.05, axis=0), axis=0)
    there = doubtful[staircase]
    found[0, there] = coarse[CENTRAL, staircase]
    found[3, there] = 1.5 * apart[CENTRAL, staircase] + bar[CENTRAL, staircase]
    found[4, there] = 0
