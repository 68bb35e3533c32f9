"""Functions in float32, float16 and bfloat16; the derivatives are computed in the same dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem
from verdict_cases.normalisations import layer_norm, layer_norm_vjp, softmax, softmax_vjp

Args = tuple[Any, ...]


def single(*arrays: Array) -> Args:
    return tuple(array.astype(np.float32) for array in arrays)


def half(*arrays: Array) -> Args:
    return tuple(array.astype(np.float16) for array in arrays)


def brain(*arrays: Array) -> Args:
    import ml_dtypes

    return tuple(array.astype(ml_dtypes.bfloat16) for array in arrays)


def layer(x: Array, w: Array, b: Array) -> Array:
    return np.tanh(x @ w + b)


def layer_vjp(g: Array, x: Array, w: Array, b: Array, *, factor: float = 1.0) -> Args:
    da = g * (1 - np.tanh(x @ w + b) ** 2)
    return da @ w.T, x.T @ da * np.float32(factor), da.sum(axis=0)


def jax_swish(x: Any) -> Any:
    import jax

    return x * jax.nn.sigmoid(x)


def jax_swish_vjp(g: Any, x: Any, *, second: bool = True) -> Any:
    import jax

    s = jax.nn.sigmoid(x)
    return g * (s + x * s * (1 - s)) if second else g * s


def cases() -> list[Case]:
    """All of this family."""
    family = "low dtypes"
    wide = single(numbers(200, 3, 4), numbers(201, 4, low=0.5, high=1.5), numbers(202, 4))
    net = single(numbers(203, 3, 2), numbers(204, 2, 2), numbers(205, 2))
    return [
        *problem(
            family,
            "sine in float32",
            np.sin,
            single(numbers(206, 4)),
            "derivative",
            right=np.cos,
            wrong={"sign": lambda x: -np.cos(x), "off by 1 %": lambda x: np.cos(x) * np.float32(1.01)},
        ),
        *problem(
            family,
            "sine in float32",
            np.sin,
            single(numbers(206, 4)),
            "derivative",
            wrong={"off by a relative 1e-3": lambda x: np.cos(x) * np.float32(1.001)},
        ),
        *problem(
            family,
            "fast wave in float32",
            lambda x: np.sin(np.float32(50) * x),
            single(numbers(207, 4)),
            "derivative",
            right=lambda x: np.float32(50) * np.cos(np.float32(50) * x),
            wrong={"inner factor lost": lambda x: np.cos(np.float32(50) * x)},
        ),
        *problem(
            family,
            "dense layer in float32",
            layer,
            net,
            right=layer_vjp,
            wrong={"weights off by 1 %": lambda g, x, w, b: layer_vjp(g, x, w, b, factor=1.01)},
        ),
        *problem(
            family,
            "layer norm in float32",
            layer_norm,
            wide,
            right=layer_norm_vjp,
            wrong={"mean taken as fixed": lambda g, x, gamma, beta: layer_norm_vjp(g, x, gamma, beta, mean_term=False)},
        ),
        *problem(family, "softmax in float32", softmax, single(10 * numbers(208, 2, 3)), right=softmax_vjp),
        *problem(
            family,
            "sum of 1e4 squares in float32",
            lambda x: np.sum(x**2),
            single(np.random.default_rng(209).normal(size=10_000)),
            "gradient",
            right=lambda x: 2 * x,
            wrong={"one entry lost": lambda x: np.where(np.arange(x.size) == 4321, np.float32(0), 2 * x)},
        ),
        *problem(
            family,
            "exponential in float16",
            np.exp,
            half(numbers(210, 4)),
            "derivative",
            right=np.exp,
            wrong={"off by 10 %": lambda x: np.exp(x) * np.float16(1.1)},
        ),
        *problem(
            family,
            "swish in bfloat16",
            jax_swish,
            brain(numbers(211, 4)),
            right=jax_swish_vjp,
            wrong={"second term lost": lambda g, x: jax_swish_vjp(g, x, second=False)},
        ),
        *problem(
            family,
            "small numbers in float32",
            lambda x: np.float32(1e-6) * x**2,
            single(numbers(212, 4)),
            "derivative",
            right=lambda x: np.float32(2e-6) * x,
            wrong={"2 lost": lambda x: np.float32(1e-6) * x},
        ),
    ]
