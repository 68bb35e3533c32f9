"""Right in nearly all places: regimes, Python branches, equal arguments, masks, and functions with awkward formulas."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem
from verdict_cases.normalisations import softmax

Args = tuple[Any, ...]


def divided_difference(a: Array, b: Array) -> Array:
    """(eᵃ - eᵇ) / (a - b), and its limit where both are equal."""
    apart = np.where(a == b, 1.0, a - b)
    return np.where(a == b, np.exp(a), (np.exp(a) - np.exp(b)) / apart)


def divided_difference_vjp(g: Array, a: Array, b: Array, *, equal: float = 0.5) -> Args:
    d = np.where(a == b, 1.0, a - b)
    q = (np.exp(a) - np.exp(b)) / d
    at_equal = equal * np.exp(a)
    return g * np.where(a == b, at_equal, (np.exp(a) - q) / d), g * np.where(a == b, at_equal, (q - np.exp(b)) / d)


def scaled(x: Array) -> Array:
    """Clips by norm: longer vectors are scaled to length 2."""
    n = np.sqrt(np.sum(x**2))
    return x * 2 / n if n > 2 else x


def scaled_vjp(g: Array, x: Array, *, beyond: bool = True) -> Array:
    n = np.sqrt(np.sum(x**2))
    if n > 2 and beyond:
        return 2 * (g - x * np.sum(g * x) / n**2) / n
    return g * 2 / n if n > 2 else g + 0.0


def drag(v: Array) -> Array:
    """Linear below 1, quadratic up to 50, capped above."""
    return np.where(np.abs(v) < 1, v, np.where(np.abs(v) < 50, v * np.abs(v), 2500 * np.sign(v)))


def drag_derivative(v: Array, *, middle: float = 2.0) -> Array:
    return np.where(np.abs(v) < 1, 1.0, np.where(np.abs(v) < 50, middle * np.abs(v), 0.0))


def masked_softmax(x: Array) -> Array:
    keep = np.arange(x.size) % 2 == 0
    return softmax(np.where(keep, x, -np.inf))


def masked_softmax_vjp(g: Array, x: Array) -> Array:
    p = masked_softmax(x)
    return p * (g - np.sum(g * p))


def masked_softmax_leaks(g: Array, x: Array) -> Array:
    p = softmax(x)
    return p * (g - np.sum(g * p))


def log_sigmoid(x: Array) -> Array:
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def normal_cdf_tail(x: Array) -> Array:
    """log(1 + x²) written for large numbers."""
    return np.where(np.abs(x) > 1e3, 2 * np.log(np.abs(x)) + 1 / x**2, np.log(1 + x**2))


def row_norms(a: Array) -> Array:
    return np.sqrt(np.sum(a**2, axis=1))


def geometric_mean(x: Array) -> Array:
    return np.exp(np.mean(np.log(x)))


def entropy(p: Array) -> Array:
    return -np.sum(p * np.log(p))


def distances(x: Array, y: Array) -> Array:
    """Squared distances by the expanded square."""
    return np.sum(x**2, axis=1)[:, None] - 2 * x @ y.T + np.sum(y**2, axis=1)[None, :]


def distances_vjp(g: Array, x: Array, y: Array, *, cross: float = 2.0) -> Args:
    dx = 2 * x * g.sum(axis=1)[:, None] - cross * g @ y
    dy = 2 * y * g.sum(axis=0)[:, None] - cross * g.T @ x
    return dx, dy


def distance(a: Array, b: Array) -> Array:
    return np.sqrt(np.sum((a - b) ** 2))


def distance_gradient(a: Array, b: Array) -> Args:
    if np.array_equal(a, b):
        return np.zeros_like(a), np.zeros_like(b)
    return (a - b) / distance(a, b), (b - a) / distance(a, b)


def horner(c: Array, x: Array) -> Array:
    total = 0 * x
    for k in range(c.size):
        total = total * x + c[k]
    return total


def horner_vjp(g: Array, c: Array, x: Array, *, lowest: int = 0) -> Args:
    n = c.size
    dc = np.stack([np.sum(g * x ** (n - 1 - k)) for k in range(n)])
    dx = g * sum((n - 1 - k) * c[k] * x ** (n - 2 - k) for k in range(lowest, n - 1))
    return dc, dx


def cases() -> list[Case]:
    """All of this family."""
    family = "corners"
    pair = (np.array([0.5, -1.0]), np.array([1.5, 0.25]))
    return [
        *problem(
            family,
            "divided difference",
            divided_difference,
            pair,
            right=divided_difference_vjp,
            wrong={"whole limit to each where equal": lambda g, a, b: divided_difference_vjp(g, a, b, equal=1.0)},
        ),
        *problem(
            family,
            "clip by norm, from a short vector",
            scaled,
            (np.array([0.5, -1.0, 0.25]),),
            right=scaled_vjp,
            wrong={
                "norm taken as fixed beyond": lambda g, x: scaled_vjp(g, x, beyond=False),
                "never scaled": lambda g, x: g + 0.0,
            },
        ),
        *problem(
            family,
            "drag, from slow speeds",
            drag,
            (np.array([0.2, -0.4]),),
            "derivative",
            right=drag_derivative,
            wrong={
                "2 lost in the middle": lambda v: drag_derivative(v, middle=1.0),
                "cap forgotten": lambda v: np.where(np.abs(v) < 1, 1.0, 2 * np.abs(v)),
                "sign kept in the middle": lambda v: np.where(np.abs(v) < 1, 1.0, np.where(np.abs(v) < 50, 2 * v, 0.0)),
            },
        ),
        *problem(
            family,
            "threshold at 7.3, from far below",
            lambda x: np.where(x > 7.3, x**2, x**3),
            (np.array([0.5, -1.0, 2.0]),),
            "derivative",
            right=lambda x: np.where(x > 7.3, 2 * x, 3 * x**2),
            wrong={"7.9": lambda x: np.where(x > 7.9, 2 * x, 3 * x**2)},
        ),
        *problem(
            family,
            "mask, all true",
            lambda x, m: np.sum(np.where(m, x**2, 0.0)),
            (np.array([0.5, -1.0]), np.array([True, True])),
            "gradient",
            right=lambda x, m: np.where(m, 2 * x, 0.0),
            wrong={"mask lost": lambda x, m: 2 * x},
            wrt=0,
        ),
        *problem(
            family,
            "softmax with a mask of -inf",
            masked_softmax,
            (numbers(320, 4),),
            right=masked_softmax_vjp,
            wrong={"mask lost": masked_softmax_leaks},
        ),
        *problem(
            family,
            "log-sigmoid far out",
            log_sigmoid,
            (np.array([-800.0, -1.0, 0.0, 2.0, 800.0]),),
            "derivative",
            right=lambda x: np.where(x > 0, np.exp(-np.abs(x)), 1.0) / (1 + np.exp(-np.abs(x))),
            wrong={"of its mirror": lambda x: np.where(x < 0, np.exp(-np.abs(x)), 1.0) / (1 + np.exp(-np.abs(x)))},
        ),
        *problem(
            family,
            "x |x|",
            lambda x: x * np.abs(x),
            (np.array([-1.0, 0.0, 2.0]),),
            "derivative",
            right=lambda x: 2 * np.abs(x),
            wrong={"sign": lambda x: 2 * x, "1 at 0": lambda x: np.where(x == 0, 1.0, 2 * np.abs(x))},
        ),
        *problem(
            family,
            "square of a relu",
            lambda x: np.maximum(x, 0) ** 2,
            (np.array([-1.0, 0.0, 2.0]),),
            "derivative",
            right=lambda x: 2 * np.maximum(x, 0),
            wrong={"2 lost": lambda x: np.maximum(x, 0), "of a square": lambda x: 2 * x},
        ),
        *problem(
            family,
            "expm1(x) / x for tiny numbers",
            lambda x: np.expm1(x) / x,
            (np.array([1e-9, -1e-5, 0.5]),),
            "derivative",
            right=lambda x: (x * np.exp(x) - np.expm1(x)) / x**2,
            wrong={"sign of the second term": lambda x: (x * np.exp(x) + np.expm1(x)) / x**2},
        ),
        *problem(
            family,
            "norms of rows",
            row_norms,
            (numbers(321, 3, 2),),
            right=lambda g, a: g[:, None] * a / row_norms(a)[:, None],
            wrong={"norm of the whole": lambda g, a: g[:, None] * a / np.sqrt(np.sum(a**2))},
        ),
        *problem(
            family,
            "geometric mean",
            geometric_mean,
            (np.array([0.5, 1.5, 4.0]),),
            "gradient",
            right=lambda x: geometric_mean(x) / (x.size * x),
            wrong={"1/n lost": lambda x: geometric_mean(x) / x},
        ),
        *problem(
            family,
            "entropy of a distribution",
            entropy,
            (np.array([0.2, 0.5, 0.3]),),
            "gradient",
            right=lambda p: -np.log(p) - 1,
            wrong={"1 lost": lambda p: -np.log(p)},
        ),
        *problem(
            family,
            "distances by the expanded square",
            distances,
            (numbers(322, 3, 2), numbers(323, 2, 2)),
            right=distances_vjp,
            wrong={"cross term halved": lambda g, x, y: distances_vjp(g, x, y, cross=1.0)},
        ),
        *problem(
            family,
            "polynomial by Horner's rule",
            horner,
            (np.array([0.5, -1.0, 2.0, 0.25]), numbers(324, 3)),
            right=horner_vjp,
            wrong={"highest term lost": lambda g, c, x: horner_vjp(g, c, x, lowest=1)},
        ),
        *problem(
            family,
            "cube root away from 0",
            np.cbrt,
            (np.array([-8.0, 0.5, 27.0]),),
            "derivative",
            right=lambda x: 1 / (3 * np.cbrt(x) ** 2),
            wrong={"sign for negative numbers": lambda x: np.sign(x) / (3 * np.cbrt(x) ** 2)},
        ),
        *problem(
            family,
            "two formulas for one function",
            normal_cdf_tail,
            (np.array([0.5, -2.0, 10.0]),),
            "derivative",
            right=lambda x: np.where(np.abs(x) > 1e3, 2 / x - 2 / x**3, 2 * x / (1 + x**2)),
            wrong={
                "tail formula without its second term": lambda x: np.where(np.abs(x) > 1e3, 2 / x, 2 * x / (1 + x**2))
            },
        ),
        *problem(
            family,
            "constant of the normal density to four digits",
            lambda x: np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi),
            (numbers(325, 3),),
            "derivative",
            right=lambda x: -x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi),
            wrong={"0.3989": lambda x: -x * np.exp(-(x**2) / 2) * 0.3989},
        ),
        *problem(
            family,
            "length of a difference",
            distance,
            (np.array([1.0, 2.0]), np.array([1.0, 2.0])),
            "gradient",
            right=distance_gradient,
            wrong={"NaN for equal points": lambda a, b: ((a - b) / distance(a, b), (b - a) / distance(a, b))},
        ),
        *problem(
            family,
            "branch on a sum",
            lambda x: np.sum(x**2) if np.sum(x) > 0 else np.sum(x**3),
            (np.array([0.5, 1.0]),),
            "gradient",
            right=lambda x: 2 * x if np.sum(x) > 0 else 3 * x**2,
            wrong={"second branch as the first": lambda x: 2 * x},
        ),
    ]
