"""Many numbers, and an error in one of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, problem

Args = tuple[Any, ...]


def spoilt(gradient: Array, place: int, relative: float) -> Array:
    """The gradient with one entry off."""
    return gradient * (1 + relative * (np.arange(gradient.size) == place).reshape(gradient.shape))


def wave(x: Array) -> Array:
    return np.sum(np.sin(x) * np.arange(1, x.size + 1))


def wave_gradient(x: Array) -> Array:
    return np.cos(x) * np.arange(1, x.size + 1)


def elementwise(x: Array) -> Array:
    return np.tanh(x) * x


def elementwise_derivative(x: Array) -> Array:
    return np.tanh(x) + x * (1 - np.tanh(x) ** 2)


def layer(x: Array, w: Array) -> Array:
    return np.tanh(x @ w)


def layer_vjp(g: Array, x: Array, w: Array, *, place: int = -1, relative: float = 0.0) -> Args:
    da = g * (1 - np.tanh(x @ w) ** 2)
    return da @ w.T, spoilt(x.T @ da, place, relative)


def single_jacobian(x: Array, *, value: float = 1.0) -> Array:
    """Of the identity, with one entry of the diagonal given."""
    n = x.size
    return np.eye(n) + (value - 1.0) * (np.arange(n * n) == 7 * n + 7).reshape(n, n)


def cases() -> list[Case]:
    """All of this family."""
    family = "large"
    rng = np.random.default_rng(240)
    x4, x5 = rng.normal(size=10_000), rng.normal(size=100_000)
    net = (rng.normal(size=(8, 100)), rng.normal(size=(100, 100)) / 10)
    return [
        *problem(
            family,
            "gradient of 1e4 numbers",
            wave,
            (x4,),
            "gradient",
            right=wave_gradient,
            wrong={f"one entry off by {e:g}": _one_entry(e) for e in (1e-3, 1e-5, 1e-7, 1e-9)},
        ),
        *problem(
            family,
            "elementwise on 1e4 numbers",
            elementwise,
            (x4,),
            "derivative",
            right=elementwise_derivative,
            wrong={"one entry off by 1e-7": lambda x: spoilt(elementwise_derivative(x), 2718, 1e-7)},
        ),
        *problem(
            family,
            "elementwise on 1e5 numbers",
            lambda x: x**2,
            (x5,),
            "derivative",
            right=lambda x: 2 * x,
            wrong={"twice too much": lambda x: 4 * x, "one entry 0": lambda x: spoilt(2 * x, 31_415, -1.0)},
        ),
        *problem(
            family,
            "dense layer of 1e4 weights",
            layer,
            net,
            right=layer_vjp,
            wrong={
                "one weight's sign": lambda g, x, w: layer_vjp(g, x, w, place=1234, relative=-2.0),
                "one weight off by 1e-6": lambda g, x, w: layer_vjp(g, x, w, place=1234, relative=1e-6),
            },
        ),
        *problem(
            family,
            "Jacobian of 100 by 100",
            lambda x: x + 0.0,
            (rng.normal(size=100),),
            "jacobian",
            right=single_jacobian,
            wrong={"one entry 1.01": lambda x: single_jacobian(x, value=1.01)},
        ),
        *problem(
            family,
            "VJP of the identity on 1000 numbers",
            lambda x: x + 0.0,
            (rng.normal(size=1000),),
            right=lambda g, x: g + 0.0,
            wrong={
                "one entry 0": lambda g, x: g * (np.arange(g.size) != 7),
                "one entry 5": lambda g, x: g * np.where(np.arange(g.size) == 7, 5.0, 1.0),
            },
        ),
        *problem(
            family,
            "squared distances of 200 points",
            lambda x: np.sum((x[:, None] - x[None, :]) ** 2) / 2,
            (rng.normal(size=200),),
            "gradient",
            right=lambda x: 2 * (x.size * x - np.sum(x)),
            wrong={"half": lambda x: x.size * x - np.sum(x)},
        ),
    ]


def _one_entry(relative: float) -> Any:
    return lambda x: spoilt(wave_gradient(x), 6789, relative)
