"""Formulas in NumPy with hand-written derivatives, right and wrong, for checks in a process without JAX.

The claims take trees, several arguments, every form, kinks, writing into arrays, linear algebra.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

V = np.array([0.3, -1.2, 0.7])
W = np.array([1.1, 0.4, -0.6])
A = np.array([[0.5, -1.0], [2.0, 0.3], [0.7, 1.4]])
S = np.array([[2.0, 0.3], [0.1, 1.5]])


class Formula(NamedTuple):
    """A function, its arguments, the form of the claim, a right claim and a wrong one, and what else is asked."""

    name: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    form: str
    right: Callable[..., Any]
    wrong: Callable[..., Any]
    options: Mapping[str, Any] = MappingProxyType({})


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(z: Any) -> Any:
    e = np.exp(z - np.max(z))
    return e / np.sum(e)


def softmax_vjp(c: Any, z: Any, sign: float = 1.0) -> Any:
    s = softmax(z)
    return s * (c - sign * np.sum(c * s))


def normalised(x: Any) -> Any:
    return (x - np.mean(x)) / np.sqrt(np.var(x) + 1e-5)


def normalised_vjp(c: Any, x: Any, n: float = 3.0) -> Any:
    deviation = np.sqrt(np.var(x) + 1e-5)
    z = (x - np.mean(x)) / deviation
    return (c - np.sum(c) / n - z * np.sum(c * z) / n) / deviation


def neighbours(x: Any) -> Any:
    out = np.zeros_like(x)
    for i in range(len(x)):
        out[i] = x[i] * x[i - 1]
    return out


def neighbours_vjp(c: Any, x: Any, step: int = 1) -> Any:
    out = np.zeros(len(x))
    for i in range(len(x)):
        out[i] += c[i] * x[i - 1]
        out[i - step] += c[i] * x[i]
    return out


def layer(params: Any, x: Any) -> Any:
    return {"out": np.tanh(x @ params["w"] + params["b"])}


def layer_vjp(c: Any, params: Any, x: Any, transposed: bool = True) -> Any:
    slope = c["out"] * (1 - np.tanh(x @ params["w"] + params["b"]) ** 2)
    back = slope @ (params["w"].T if transposed else params["w"])
    return {"w": x.T @ slope, "b": slope.sum(axis=0)}, back


FORMULAS = (
    Formula("sigmoid", sigmoid, (V,), "derivative", lambda x: sigmoid(x) * (1 - sigmoid(x)), sigmoid),
    Formula("relu", lambda x: np.maximum(x, 0), (V,), "derivative", lambda x: 1.0 * (x > 0), lambda x: 1.0 + 0 * x),
    Formula("softmax", softmax, (V,), "vjp", softmax_vjp, lambda c, z: softmax_vjp(c, z, -1.0)),
    Formula("pushed", softmax, (V,), "jvp", softmax_vjp, lambda t, z: softmax(z) * t),
    Formula(
        "jacobian of softmax",
        softmax,
        (V,),
        "jacobian",
        lambda z: np.diag(softmax(z)) - np.outer(softmax(z), softmax(z)),
        lambda z: np.diag(softmax(z)) + np.outer(softmax(z), softmax(z)),
    ),
    Formula("normalised", normalised, (V,), "vjp", normalised_vjp, lambda c, x: normalised_vjp(c, x, 2.0)),
    Formula("neighbours", neighbours, (V,), "vjp", neighbours_vjp, lambda c, x: neighbours_vjp(c, x, 2)),
    Formula("layer", layer, ({"w": S, "b": W[:2]}, A), "vjp", layer_vjp, lambda *a: layer_vjp(*a, transposed=False)),
    Formula("norm", np.linalg.norm, (V,), "gradient", lambda x: x / np.linalg.norm(x), lambda x: x),
    Formula(
        "squares",
        lambda y, t: np.mean((y - t) ** 2),
        (V, W),
        "gradient",
        lambda y, t: 2 * (y - t) / y.size,
        lambda y, t: (y - t) / y.size,
        {"wrt": "y"},
    ),
    Formula(
        "cubes",
        lambda x: np.sum(x**3) * np.sum(x),
        (V,),
        "hessian",
        lambda x: np.diag(6 * x) * np.sum(x) + 3 * np.add.outer(x**2, x**2),
        lambda x: np.diag(6 * x) * np.sum(x),
    ),
    Formula(
        "inverse",
        lambda s: np.sum(np.linalg.inv(s)),
        (S,),
        "gradient",
        lambda s: -np.outer(np.linalg.inv(s).sum(axis=0), np.linalg.inv(s).sum(axis=1)),
        lambda s: -np.outer(np.linalg.inv(s).sum(axis=1), np.linalg.inv(s).sum(axis=0)),
    ),
    Formula(
        "a choice",
        lambda x, labels: -np.mean(x[np.arange(len(labels)), labels] ** 2),
        (A, np.array([1, 0, 1])),
        "gradient",
        lambda x, labels: np.where(labels[:, None] == np.arange(2), -2 / len(labels) * x, 0),
        lambda x, labels: -2 / len(labels) * x,
        {"wrt": "x"},
    ),
    Formula(
        "complex",
        lambda z: np.sum(np.abs(z) ** 2),
        (V + 1j * W,),
        "gradient",
        lambda z: 2 * z,
        lambda z: 4 * z,
    ),
    Formula(
        "batched", sigmoid, (V,), "vjp", lambda c, x: c * sigmoid(x) * sigmoid(-x), lambda c, x: c, {"batched": True}
    ),
)
