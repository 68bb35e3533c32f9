"""Sums, means, norms, products and what broadcasts."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem

Args = tuple[Any, ...]


def logsumexp(x: Array) -> Array:
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


def logsumexp_gradient(x: Array) -> Array:
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def variance(x: Array) -> Array:
    return np.var(x, axis=0)


def variance_vjp(g: Array, x: Array) -> Array:
    return g * 2 * (x - x.mean(axis=0)) / x.shape[0]


def deviation(x: Array) -> Array:
    return np.sqrt(np.sum((x - x.mean()) ** 2) / (x.size - 1))


def product_of_others(x: Array) -> Array:
    left = np.concatenate([np.ones(1), np.cumprod(x[:-1])])
    right = np.concatenate([np.cumprod(x[:0:-1])[::-1], np.ones(1)])
    return left * right


def affine(x: Array, w: Array, b: Array) -> Array:
    return x * w + b


def affine_vjp(g: Array, x: Array, w: Array, b: Array) -> Args:
    return g * w, np.sum(g * x, axis=0), np.sum(g, axis=0)


def affine_mean_for_sum(g: Array, x: Array, w: Array, b: Array) -> Args:
    return g * w, np.sum(g * x, axis=0), np.mean(g, axis=0)


def affine_first_row(g: Array, x: Array, w: Array, b: Array) -> Args:
    return g * w, np.sum(g * x, axis=0), g[0]


def affine_not_summed(g: Array, x: Array, w: Array, b: Array) -> Args:
    return g * w, np.sum(g * x, axis=0), g


def outer_sum(a: Array, b: Array) -> Array:
    return np.exp(a[:, None] * b[None, :])


def outer_sum_vjp(g: Array, a: Array, b: Array) -> Args:
    e = g * np.exp(a[:, None] * b[None, :])
    return e @ b, e.T @ a


def outer_sum_wrong_axis(g: Array, a: Array, b: Array) -> Args:
    e = g * np.exp(a[:, None] * b[None, :])
    return e.T @ b, e @ a


def cumulative(x: Array) -> Array:
    return np.cumsum(x)


def softmax_weighted(x: Array, v: Array) -> Array:
    e = np.exp(x - x.max())
    return np.sum(e * v) / np.sum(e)


def softmax_weighted_vjp(g: Array, x: Array, v: Array) -> Args:
    e = np.exp(x - x.max())
    p = e / np.sum(e)
    return g * p * (v - np.sum(p * v)), g * p


def cases() -> list[Case]:
    """All of this family."""
    family = "reductions"
    return [
        *problem(
            family,
            "mean of squares",
            lambda x: np.mean(x**2),
            (numbers(20, 6),),
            "gradient",
            right=lambda x: 2 * x / x.size,
            wrong={
                "1/n lost": lambda x: 2 * x,
                "2 lost": lambda x: x / x.size,
                "n of the wrong axis": lambda x: 2 * x / (x.size - 1),
            },
        ),
        *problem(
            family,
            "mean over rows",
            lambda x: np.mean(x**3, axis=0),
            (numbers(21, 3, 2),),
            right=lambda g, x: 3 * x**2 * g / x.shape[0],
            wrong={"divided by all entries": lambda g, x: 3 * x**2 * g / x.size},
        ),
        *problem(
            family,
            "variance",
            variance,
            (numbers(22, 4, 2),),
            right=variance_vjp,
            wrong={
                "of an unbiased one": lambda g, x: g * 2 * (x - x.mean(axis=0)) / (x.shape[0] - 1),
                "mean not taken off": lambda g, x: g * 2 * x / x.shape[0],
                "mean over all": lambda g, x: g * 2 * (x - x.mean()) / x.shape[0],
            },
        ),
        *problem(
            family,
            "standard deviation",
            deviation,
            (numbers(23, 5),),
            "gradient",
            right=lambda x: (x - x.mean()) / ((x.size - 1) * deviation(x)),
            wrong={"n for n - 1": lambda x: (x - x.mean()) / (x.size * deviation(x))},
        ),
        *problem(
            family,
            "logsumexp at 1000",
            logsumexp,
            (np.array([1000.0, 999.5, 998.0, -1000.0]),),
            "gradient",
            right=logsumexp_gradient,
            wrong={
                "overflows": lambda x: np.exp(x) / np.sum(np.exp(x)),
                "not normalised": lambda x: np.exp(x - np.max(x)),
            },
        ),
        *problem(
            family,
            "Euclidean norm",
            lambda x: np.sqrt(np.sum(x**2)),
            (numbers(24, 4),),
            "gradient",
            right=lambda x: x / np.sqrt(np.sum(x**2)),
            wrong={"of the square": lambda x: 2 * x, "norm squared below": lambda x: x / np.sum(x**2)},
        ),
        *problem(
            family,
            "product",
            np.prod,
            (np.array([0.5, -1.5, 2.0, 0.25]),),
            "gradient",
            right=product_of_others,
            wrong={"by division, not at 0": lambda x: np.prod(x) / x},
        ),
        *problem(
            family,
            "product with a zero",
            np.prod,
            (np.array([0.5, 0.0, 2.0]),),
            "gradient",
            right=product_of_others,
            wrong={"0 where the product is": lambda x: np.where(x == 0, 0.0, np.prod(x) / np.where(x == 0, 1.0, x))},
        ),
        *problem(
            family,
            "largest entry",
            np.max,
            (np.array([0.3, 1.5, -2.0, 1.25]),),
            "gradient",
            right={
                "to the first": lambda x: np.where(np.arange(x.size) == np.argmax(x), 1.0, 0.0),
                "shared by ties": lambda x: (x == x.max()) / np.sum(x == x.max()),
            },
            wrong={
                "whole to every tie": lambda x: np.where(x == x.max(), 1.0, 0.0),
                "argmin": lambda x: np.where(np.arange(x.size) == np.argmin(x), 1.0, 0.0),
            },
        ),
        *problem(
            family,
            "cumulative sum",
            cumulative,
            (numbers(25, 5),),
            right=lambda g, x: np.cumsum(g[::-1])[::-1],
            wrong={
                "not reversed": lambda g, x: np.cumsum(g),
                "entry itself left out": lambda g, x: np.cumsum(g[::-1])[::-1] - g,
            },
        ),
        *problem(
            family,
            "cumulative product",
            lambda x: np.cumprod(x),
            (np.array([0.5, 1.5, 2.0, 0.8]),),
            right=lambda g, x: np.cumsum((g * np.cumprod(x))[::-1])[::-1] / x,
            wrong={"not reversed": lambda g, x: np.cumsum(g * np.cumprod(x)) / x},
            domain={"x": (0.1, np.inf)},
        ),
        *problem(
            family,
            "affine by broadcasting",
            affine,
            (numbers(26, 3, 2), numbers(27, 2), numbers(28, 2)),
            right=affine_vjp,
            wrong={
                "mean for sum": affine_mean_for_sum,
                "first row only": affine_first_row,
                "bias not summed": affine_not_summed,
            },
        ),
        *problem(
            family,
            "affine, batch of 1",
            affine,
            (numbers(29, 1, 2), numbers(27, 2), numbers(28, 2)),
            wrong={"bias not summed": affine_not_summed},
        ),
        *problem(
            family,
            "exponentials of an outer product",
            outer_sum,
            (numbers(30, 3, low=-1, high=1), numbers(31, 3, low=-1, high=1)),
            right=outer_sum_vjp,
            wrong={"summed over the wrong axis": outer_sum_wrong_axis},
        ),
        *problem(
            family,
            "soft weighted mean",
            softmax_weighted,
            (numbers(32, 4), numbers(33, 4)),
            right=softmax_weighted_vjp,
            wrong={
                "weights taken as fixed": lambda g, x, v: (
                    g * softmax_weighted_vjp(1.0, x, v)[1] * v,
                    softmax_weighted_vjp(g, x, v)[1],
                )
            },
        ),
        *problem(
            family,
            "sum of 1e5 terms",
            lambda x: np.sum(np.sin(x)),
            (np.random.default_rng(34).normal(size=100_000),),
            "gradient",
            right=np.cos,
            wrong={"one sign lost": lambda x: np.where(np.arange(x.size) == 77_777, -np.cos(x), np.cos(x))},
        ),
        *problem(
            family,
            "power mean",
            lambda x: np.mean(x**3) ** (1 / 3),
            (np.array([0.5, 1.5, 2.5]),),
            "gradient",
            right=lambda x: x**2 / x.size * np.mean(x**3) ** (-2 / 3),
            wrong={"exponent -1/3": lambda x: x**2 / x.size * np.mean(x**3) ** (-1 / 3)},
            domain={"x": (1e-3, np.inf)},
        ),
        *problem(
            family,
            "weighted mean",
            lambda x, w: np.sum(w * x) / np.sum(w),
            (numbers(35, 4), numbers(36, 4, low=0.2, high=1)),
            right=lambda g, x, w: (g * w / w.sum(), g * (x - np.sum(w * x) / w.sum()) / w.sum()),
            wrong={"weights' sum taken as fixed": lambda g, x, w: (g * w / w.sum(), g * x / w.sum())},
        ),
    ]
