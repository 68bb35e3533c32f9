"""What a derivative must do besides: use its cotangent, keep shapes, leave its arguments alone, answer alike twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem

Args = tuple[Any, ...]


def square(x: Array) -> Array:
    return x**2


def twice(x: Array, w: Array) -> Args:
    """Two results."""
    return 2 * x, w * x**3


def twice_vjp(g: Args, x: Array, w: Array) -> Args:
    return 2 * g[0] + 3 * g[1] * w * x**2, g[1] * x**3


def twice_detached(g: Args, x: Array, w: Array) -> Args:
    return 2 * g[0], g[1] * x**3


def in_place(g: Array, x: Array) -> Array:
    x *= 2
    return g * x


def dropout(x: Array) -> Array:
    return x * (np.random.default_rng().uniform(size=x.shape) > 0.5) * 2


def layers(params: dict[str, Any], x: Array) -> Array:
    for layer in params["layers"]:
        x = np.tanh(x @ layer["w"] + layer["b"])
    return x * params["scale"]


def layers_vjp(g: Array, params: dict[str, Any], x: Array, *, shared: bool = False) -> Args:
    inputs = [x]
    for layer in params["layers"]:
        inputs.append(np.tanh(inputs[-1] @ layer["w"] + layer["b"]))
    grads: list[Any] = []
    scale = np.sum(g * inputs[-1])
    g = g * params["scale"]
    for layer, before, after in zip(reversed(params["layers"]), inputs[-2::-1], inputs[:0:-1], strict=True):
        da = g * (1 - after**2)
        grads.insert(0, {"w": before.T @ da, "b": da.sum(axis=0)})
        g = da @ layer["w"].T
    if shared:
        grads[1] = grads[0]
    return {"layers": grads, "scale": scale}, g


def cases() -> list[Case]:
    """All of this family."""
    family = "contracts"
    x = numbers(250, 3)
    params = {
        "layers": [{"w": numbers(251, 2, 2), "b": numbers(252, 2)}, {"w": numbers(253, 2, 2), "b": numbers(254, 2)}],
        "scale": np.array(1.5),
    }
    random = problem(family, "dropout without a seed", dropout, (x,), wrong={"": lambda g, x: g * (x != 0)})
    return [
        *problem(
            family,
            "square",
            square,
            (x,),
            right=lambda g, x: 2 * g * x,
            wrong={
                "cotangent ignored": lambda g, x: 2 * x,
                "not linear in the cotangent": lambda g, x: 2 * g**2 * x,
                "modulus of the cotangent": lambda g, x: 2 * np.abs(g) * x,
                "cotangent added": lambda g, x: 2 * x + g - 1,
                "cotangent averaged": lambda g, x: 2 * x * g.mean(),
                "argument doubled in place": in_place,
                "summed away": lambda g, x: np.sum(2 * g * x),
                "NaN": lambda g, x: np.full_like(x, np.nan),
            },
        ),
        *problem(
            family,
            "two results",
            twice,
            (x, numbers(255, 3)),
            right=twice_vjp,
            wrong={"second detached from the first argument": twice_detached},
        ),
        *problem(
            family,
            "tree of parameters",
            layers,
            (params, numbers(256, 3, 2)),
            right=layers_vjp,
            wrong={"first layer's gradient twice": lambda g, params, x: layers_vjp(g, params, x, shared=True)},
        ),
        *problem(
            family,
            "scalar argument",
            lambda s: np.sin(s) ** 2,
            (0.7,),
            "derivative",
            right=lambda s: np.sin(2 * s),
            wrong={"cosine squared": lambda s: np.cos(s) ** 2},
        ),
        *problem(
            family,
            "integer beside real argument",
            lambda x, n: x**n,
            (numbers(257, 3), 3),
            right=lambda g, x, n: g * n * x ** (n - 1),
            wrong={"exponent not lowered": lambda g, x, n: g * n * x**n},
            wrt=0,
        ),
        *(replace(case, refused="random") for case in random),
    ]
