"""The large tasks: a Jacobian of 10^6 entries, one of 10^8 that is diagonal, a layer's gradient, a loss of 10^7 parameters.

Each takes the library, as ``formulas(np)`` does, and gives the function with its derivative by hand. Points are NumPy
arrays; ``mapped(np)`` turns one into what the library computes with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy

Array = numpy.ndarray[Any, numpy.dtype[Any]]
Function = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Task:
    """A function at a point, its derivative in the form that `gradcheck.check` is given, and as a VJP for the others."""

    name: str
    point: Array
    primal: Function
    form: str
    claim: Function
    vjp: Function


def softmax(np: Any, n: int = 1000) -> Task:
    """Softmax of n numbers; the claim is the whole Jacobian diag(s) − s sᵀ."""

    def primal(x: Any) -> Any:
        e = np.exp(x - np.max(x))
        return e / np.sum(e)

    def jacobian(x: Any) -> Any:
        s = primal(x)
        return np.diag(s) - np.outer(s, s)

    def vjp(g: Any, x: Any) -> Any:
        s = primal(x)
        return s * (g - np.sum(g * s))

    return Task("softmax", _numbers(n, seed=1), primal, "jacobian", jacobian, vjp)


def elementwise(np: Any, n: int = 10_000) -> Task:
    """The tanh form of GELU of n numbers, whose Jacobian has n² entries, n of them other than 0."""
    root = 0.7978845608028654  # sqrt(2/π)

    def primal(x: Any) -> Any:
        return 0.5 * x * (1 + np.tanh(root * (x + 0.044715 * x**3)))

    def derivative(x: Any) -> Any:
        u = np.tanh(root * (x + 0.044715 * x**3))
        return 0.5 * (1 + u) + 0.5 * x * (1 - u**2) * root * (1 + 0.134145 * x**2)

    return Task("elementwise", _numbers(n, seed=2), primal, "derivative", derivative, lambda g, x: g * derivative(x))


def dense_layer(np: Any, n: int = 256) -> Task:
    """L(W) = ‖tanh(W a) − t‖² / 2 of a layer with n × n weights; the claim is ∂L/∂W."""
    a, t = _given(np, _numbers(n, seed=3)), _given(np, _numbers(n, seed=4))

    def primal(w: Any) -> Any:
        return np.sum(np.square(np.tanh(w @ a) - t)) / 2

    def gradient(w: Any) -> Any:
        h = np.tanh(w @ a)
        return np.outer((h - t) * (1 - np.square(h)), a)

    weights = _numbers(n * n, seed=5).reshape(n, n) / numpy.sqrt(n)
    return Task("dense layer", weights, primal, "gradient", gradient, lambda g, w: g * gradient(w))


def loss(np: Any, n: int = 10_000_000) -> Task:
    """L(w) = Σ log(1 + w²), the loss of a Cauchy regression to zero, of n parameters; the claim is ∂L/∂w."""

    def primal(w: Any) -> Any:
        return np.sum(np.log1p(np.square(w)))

    def gradient(w: Any) -> Any:
        return 2 * w / (1 + np.square(w))

    return Task("loss", _numbers(n, seed=6), primal, "gradient", gradient, lambda g, w: g * gradient(w))


def _numbers(n: int, seed: int) -> Array:
    return numpy.random.default_rng(seed).uniform(-2, 2, n)


def _given(np: Any, value: Array) -> Any:
    """A NumPy array as one of the library's."""
    return np.asarray(value) if np.__name__ == "torch" else value
