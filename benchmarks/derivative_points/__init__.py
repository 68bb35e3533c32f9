"""Points at which derivatives are hard to take numerically, with their derivatives.

`points` are the 1,600 of the comparison: 400 each that are smooth, stiff, scaled by 1e±8 and near singularities. `traps`
are worse: kinks (some right on the ladder of our oracle), jumps and borders beside the point, arithmetic in float32,
rounding inside, cancellation. `kinks` have two one-sided derivatives. The truth is the derivative's formula in extended
precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.oracles.finite_differences import COARSEST, RATIO, RUNGS

Array = np.ndarray[Any, np.dtype[Any]]
Scalar = Callable[[Any], Any]
Pair = tuple[Scalar, Scalar]

A_GROUP = 400


@dataclass(frozen=True)
class Case:
    """A function at a point, with its derivative there (left and right where they differ)."""

    group: str
    function: Scalar
    point: float
    left: float
    right: float


SMOOTH: list[tuple[Scalar, Scalar, float, float]] = [
    (np.exp, np.exp, -5, 5),
    (np.sin, np.cos, -6, 6),
    (np.log, lambda x: 1 / x, 0.1, 9),
    (np.sqrt, lambda x: 0.5 / np.sqrt(x), 0.1, 9),
    (np.arctan, lambda x: 1 / (1 + x * x), -5, 5),
    (np.tanh, lambda x: 1 / np.cosh(x) ** 2, -3, 3),
    (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2, -6, 6),
    (lambda x: np.log1p(np.exp(x)), lambda x: 1 / (1 + np.exp(-x)), -5, 5),
    (lambda x: x**5 - 3 * x**2 + 1, lambda x: 5 * x**4 - 6 * x, -3, 3),
    (lambda x: 1 / (1 + 25 * x * x), lambda x: -50 * x / (1 + 25 * x * x) ** 2, -1, 1),
    (lambda x: x * np.exp(-x * x), lambda x: (1 - 2 * x * x) * np.exp(-x * x), -2, 2),
    (lambda x: np.exp(np.sin(3 * x)), lambda x: 3 * np.cos(3 * x) * np.exp(np.sin(3 * x)), -3, 3),
]


def wave(k: float) -> Pair:
    """sin(k x)."""
    return lambda x: np.sin(k * x), lambda x: k * cosine(k, x)


def cosine(k: float, x: Any) -> Any:
    """cos(k x) without rounding k x, by the addition theorem."""
    high = np.float32(x).astype(np.longdouble)
    low = np.longdouble(x) - high
    return np.cos(k * high) * np.cos(k * low) - np.sin(k * high) * np.sin(k * low)


def step(k: float, at: float) -> Pair:
    """tanh(k (x - at)), a step of width 1/k."""
    return lambda x: np.tanh(k * (x - at)), lambda x: k / np.cosh(k * (x - at)) ** 2


def ramp(k: float) -> Pair:
    """log(1 + exp(k (x - 1))) / k, which bends at 1 within 1/k."""
    return lambda x: np.logaddexp(0, k * (x - 1)) / k, lambda x: 1 / (1 + np.exp(-k * (x - 1)))


def decay(k: float) -> Pair:
    """exp(-k x)."""
    return lambda x: np.exp(-k * x), lambda x: -k * np.exp(-k * x)


def stretched(pair: Pair, s: float) -> Pair:
    """f(s x)."""
    return lambda x: pair[0](x * s), lambda x: pair[1](x * s) * s


def shrunk(pair: Pair, s: float) -> Pair:
    """f(x / s)."""
    return lambda x: pair[0](x / s), lambda x: pair[1](x / s) / s


def magnified(pair: Pair, s: float) -> Pair:
    """s f(x)."""
    return lambda x: s * pair[0](x), lambda x: s * pair[1](x)


def diminished(pair: Pair, s: float) -> Pair:
    """f(x) / s."""
    return lambda x: pair[0](x) / s, lambda x: pair[1](x) / s


def bent(where: float, below: float, offset: float = 0.0) -> Pair:
    """offset + slope below up to ``where`` and 1 beyond."""
    return (
        lambda x: offset + np.where(x > where, 1.0, below) * (x - where),
        lambda x: np.where(x > where, 1.0, below),
    )


def broken(where: float) -> Pair:
    """sin with a jump of 1."""
    return lambda x: np.sin(x) + (x > where), np.cos


def single(function: Scalar) -> Scalar:
    """The function computed in float32, as doubles."""
    return lambda x: np.asarray(function(np.asarray(x, np.float32)), np.float64)


def cosine_quotient(x: Array) -> Array:
    """Derivative of (1 - cos x) / x², by its series since the closed form cancels."""
    return -x / 12 + x**3 / 180 - x**5 / 6720


# Function, derivative, where it is singular, and the side from which it is approached (0: either).
SINGULAR: list[tuple[Scalar, Scalar, float, int]] = [
    (np.sqrt, lambda x: 0.5 / np.sqrt(x), 0, 1),
    (np.log, lambda x: 1 / x, 0, 1),
    (lambda x: 1 / x, lambda x: -1 / x**2, 0, 0),
    (lambda x: np.log(x - 1), lambda x: 1 / (x - 1), 1, 1),
    (lambda x: np.sqrt(1 - x), lambda x: -0.5 / np.sqrt(1 - x), 1, -1),
    (np.tan, lambda x: 1 / np.cos(x) ** 2, np.pi / 2, 0),
    (np.arccos, lambda x: -1 / np.sqrt((1 - x) * (1 + x)), 1, -1),
    (lambda x: x * np.log(x), lambda x: np.log(x) + 1, 0, 1),
    (lambda x: 1 / (x - 3), lambda x: -1 / (x - 3) ** 2, 3, 0),
    (np.cbrt, lambda x: 1 / (3 * np.cbrt(x) ** 2), 0, 0),
]


def at(group: str, pair: Pair, points: Any) -> Iterator[Case]:
    """One function at several points."""
    for point in np.atleast_1d(np.asarray(points, dtype=np.float64)):
        with np.errstate(all="ignore"):
            truth = float(pair[1](np.longdouble(point)))
        yield Case(group, pair[0], float(point), truth, truth)


def points(seed: int) -> Iterator[Case]:
    """The 1,600 points, group by group; all functions are traceable."""
    rng = np.random.default_rng(seed)
    for (f, df, low, high), count in zip(SMOOTH, shares(len(SMOOTH)), strict=True):
        yield from at("smooth", (f, df), rng.uniform(low, high, count))
    stiff: list[tuple[Pair, Array]] = []
    for k in (10.0, 30.0, 1e2, 3e2, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5):
        stiff += [(wave(k), rng.uniform(0.5, 2, 10)), (step(k, 1.0), 1 + rng.uniform(-2, 2, 10) / k)]
        stiff += [(ramp(k), 1 + rng.uniform(-2, 2, 10) / k), (decay(k), rng.uniform(0, 10, 10) / k)]
    for pair, where in stiff:
        yield from at("stiff", pair, where)
    scales = [change for change in (stretched, shrunk, magnified, diminished) for _ in SMOOTH]
    for index, (change, count) in enumerate(zip(scales, shares(len(scales)), strict=True)):
        f, df, low, high = SMOOTH[index % len(SMOOTH)]
        unit = {stretched: 1e-8, shrunk: 1e8}.get(change, 1.0)
        yield from at("scaled by 1e±8", change((f, df), 1e8), rng.uniform(low, high, count) * unit)
    for (f, df, singular, side), count in zip(SINGULAR, shares(len(SINGULAR)), strict=True):
        away = 10 ** rng.uniform(-8, -1, count) * (side or rng.choice([-1, 1], count))
        yield from at("near singularity", (f, df), singular + away)


def shares(parts: int) -> list[int]:
    """A group's points, shared out evenly."""
    return [len(part) for part in np.array_split(np.arange(A_GROUP), parts)]


def traps(seed: int) -> Iterator[Case]:
    """Points that have a derivative, in the worst of neighbourhoods."""
    rng = np.random.default_rng(seed)
    right: Pair = (lambda x: np.where(x >= 1, np.exp(x), np.nan), np.exp)
    left: Pair = (lambda x: np.where(x <= 1, np.exp(x), np.nan), np.exp)
    for c in (0.0, 1e-12, 1e-9, 1e-4):
        yield from at("border", right, 1 + c)
        yield from at("border", left, 1 - c)
    distances = [*(10.0 ** -np.arange(1, 11)), *(0.9 * COARSEST * RATIO ** -np.arange(RUNGS - 2.0))]
    for c in [sign * distance for distance in distances for sign in (1, -1)]:
        yield from at("kink near", bent(1 - c, 0.0), 1.0)
        yield from at("kink near", bent(0.0, 0.0), c)
        yield from at("kink near", bent(1 - c, 0.9, offset=1.0), 1.0)
    for c in [share * COARSEST * RATIO**-rung for share in (-0.9, -0.5, 0.5, 0.9) for rung in (RUNGS - 2, RUNGS - 1)]:
        yield from at("kink at 1e-11", bent(1 - c, 0.0), 1.0)
    for c in (1e-2, 1e-5, 1e-7, 1e-9):
        yield from at("jump near", broken(1 + c), 1.0)
        yield from at("jump near", broken(1 - c), 1.0)
    for f, df, low, high in SMOOTH[:8]:
        yield from at("float32", (single(f), df), rng.uniform(low, high, 4))
    points = rng.uniform(0.5, 2, 40)
    rounded = single(np.positive)
    yield from at("rounding inside", (lambda x: np.sin(rounded(x)), np.cos), points)
    yield from at("rounding inside", (lambda x: np.sin(rounded(x)) + x * x, lambda x: np.cos(x) + 2 * x), points)
    yield from at("rounding inside", (lambda x: np.exp((1e8 + x) - 1e8), np.exp), points)
    yield from at("rounding inside", (lambda x: (1 - np.cos(x)) / x**2, cosine_quotient), points / 100)
    yield from at("cancellation", (lambda x: (1e8 + x) - 1e8, np.ones_like), rng.uniform(0.5, 2, 4))
    yield from at("cancellation", (lambda x: 1e6 + np.sin(x), np.cos), rng.uniform(0.5, 2, 4))


def kinks() -> Iterator[Case]:
    """Points without a derivative, and their one-sided derivatives."""
    for where in (0.0, 1.0, -3.3, 1e8):
        yield Case("|x|", bent(where, -1.0)[0], where, -1, 1)
        yield Case("relu", bent(where, 0.0)[0], where, 0, 1)
        yield Case("leaky 0.9", bent(where, 0.9)[0], where, 0.9, 1)
        yield Case("1 + leaky", bent(where, 0.5, offset=1.0)[0], where, 0.5, 1)
